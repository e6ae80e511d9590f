import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUNDLE = join(
  ROOT,
  'models',
  readdirSync(join(ROOT, 'models')).find((name) => existsSync(join(ROOT, 'models', name, 'manifest.json')))!,
);
const TINY = join(ROOT, 'tests/fixtures/tiny-bundle');
const HOUR = 3_600_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'learn-'));
  const lines = (count: number, more: (k: number) => object) =>
    Array.from({ length: count }, (_, k) =>
      JSON.stringify({
        method: 'GET',
        path: `/search?q=blue+${'abcdefgh'[k % 8]}&page=${k}`,
        headers: { Host: 'shop.test' },
        time: (1 + (k % 5)) * HOUR,
        ...more(k),
      }),
    ).join('\n');
  writeFileSync(
    join(dir, 'a.jsonl'),
    `${lines(80, (k) => ({ client: `10.0.0.${k % 10}`, status: k === 7 ? 500 : 200 }))}\nnot json\n`,
  );
  const attack = { client: '192.0.2.1', path: '/search?q=%27+UNION+SELECT+password+FROM+users--+-' };
  writeFileSync(
    join(dir, 'evil.jsonl'),
    lines(20, (k) => (k < 12 ? attack : { client: '192.0.2.1' })),
  );
  writeFileSync(
    join(dir, 'nobody.jsonl'),
    lines(5, () => ({})),
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

function normgate(args: string[], input?: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/cli.js'), ...args], {
    encoding: 'utf8',
    input,
  });
  return {
    status,
    stderr,
    out: stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
}

describe('normgate learn and memory', () => {
  it('learns what quorum and filter let in, shows it, scores with it, and forgets it', () => {
    const memory = join(dir, 'memory');
    const learned = normgate(['learn', '--captures', dir, '--out', memory, '--model', BUNDLE]);
    expect(learned.status, learned.stderr).toBe(0);
    expect(learned.stderr).toContain('a.jsonl:81: not JSON');
    expect(learned.stderr).toContain('name no client');
    expect(learned.out[0].requests).toEqual({
      learned: 79,
      refused_by_application: 1,
      client_misbehaves: 20,
      no_client: 5,
    });

    const strict = normgate(['learn', '--captures', dir, '--out', join(dir, 's'), '--model', BUNDLE, '--drop-flagged']);
    expect(strict.out[0].requests).toMatchObject({ learned: 79, flagged: 12, client_misbehaves: 8 });

    expect(normgate(['memory', 'show', memory]).out[0]).toMatchObject({
      host: 'shop.test',
      requests: 79,
      quorum: { clients: 3, windows: 2 },
    });
    const fields = normgate(['memory', 'show', memory, '--host', 'shop.test', '--fields']).out;
    expect(fields.find(({ field }) => field === '[QUERY]q')).toMatchObject({
      known: true,
      values: 8,
      knownValues: 8,
      symbols: ['blank', 'letters'],
      samples: expect.arrayContaining([expect.stringMatching(/^blue [a-h]$/)]),
    });

    const ask = (path: string): string => JSON.stringify({ method: 'GET', path, headers: { Host: 'shop.test' } });
    const input = `${ask('/search?q=blue+b')}\n${ask('/search?q=blue%27')}\n${ask('/search?page=%27x')}\n`;
    const [known, odd, plain] = normgate(['score', '--model', BUNDLE, '--memory', memory, '--explain'], input).out;
    expect(known.fields).toContainEqual(
      expect.objectContaining({ name: 'q', score: 0, memory: expect.stringMatching(/^known value, \d+ clients$/) }),
    );
    expect(odd.memory).toMatchObject({ mature: true });
    expect(odd.fields.find(({ name }: { name: string }) => name === 'q')).toMatchObject({
      memory: expect.stringMatching(/of 8 values, new symbol after 79 observations, \+0\.\d+/),
      nearest: expect.arrayContaining([expect.stringMatching(/^blue [a-h]$/)]),
    });
    expect(plain.fields.find(({ name }: { name: string }) => name === 'page').memory).toMatch(
      /^only plain values, new symbol/,
    );

    expect(normgate(['memory', 'forget', memory, '--host', 'shop.test', '--field', 'q']).status).toBe(0);
    expect(
      normgate(['memory', 'show', memory, '--host', 'shop.test', '--fields']).out.some(({ field }) =>
        field.startsWith('[QUERY]q'),
      ),
    ).toBe(false);
  }, 120_000);

  it.each([
    [['learn', '--out', 'x'], /--captures: expected files or folders of requests, got none/],
    [
      ['learn', '--captures', 'a', '--out', 'x', '--quorum', '3', '--model', BUNDLE],
      /--quorum: expected clients=N,windows=M with numbers from 1 to 8, got 3/,
    ],
    [
      ['learn', '--captures', 'a', '--out', 'x', '--model', TINY],
      /--model: expected a bundle with a linear view, got tiny-test/,
    ],
    [
      ['score', '--model', TINY, '--memory', 'x'],
      /memory.dir: expected null, because model tiny-test was calibrated without field memory/,
    ],
    [['memory', 'burn'], /memory: expected one of show, diff, merge, forget, promote, rescore, got burn/],
    [['memory', 'show', 'nowhere'], /nowhere\/memory.bin: expected a readable file, got ENOENT/],
    [['check-config', '--mode=learn'], /memory.dir: expected a directory, because mode is learn/],
  ])(
    '%j is refused with key, expectation and value',
    (args, message) => {
      const { status, stderr } = normgate(args, '');
      expect(status).not.toBe(0);
      expect(stderr).toMatch(message);
    },
    60_000,
  );
});

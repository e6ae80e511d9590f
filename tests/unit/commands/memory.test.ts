import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CANONICALIZER_VERSION } from '../../../src/canonicalize/canonical-request.js';
import { MemoryStore } from '../../../src/memory/memory-store.js';
import { readSnapshot, SERVING, STAGING, writeSnapshot } from '../../../src/memory/snapshot-folder.js';
import { learn, newStore, query } from '../memory/support.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUNDLE = join(
  ROOT,
  'models',
  readdirSync(join(ROOT, 'models')).find((name) => existsSync(join(ROOT, 'models', name, 'manifest.json')))!,
);
const MODEL_ID = JSON.parse(readFileSync(join(BUNDLE, 'manifest.json'), 'utf8')).id as string;
const TINY = join(ROOT, 'tests/fixtures/tiny-bundle');
const KEYS = JSON.parse(readFileSync(join(ROOT, 'tests/vectors/explanation.json'), 'utf8'));
const HOUR = 3_600_000;
const AGO = 'older-model';

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
    // What hangs is to fail here, not to be killed as a test that takes long.
    timeout: 100_000,
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
      excerpt: expect.stringContaining("blue'"),
      normal: {
        observations: 79,
        values: 8,
        symbols: ' a',
        nearest: expect.arrayContaining([expect.stringMatching(/^blue [a-h]$/)]),
      },
    });
    // As in the decision log and in the trainer's report.
    const { explanation, besides, raw, normal } = KEYS;
    const explained = odd.fields.find(({ name }: { name: string }) => name === 'q');
    expect(Object.keys(explained)).toEqual([...explanation, ...besides.score]);
    expect(Object.keys(explained.raw)).toEqual(raw.filter((key: string) => key !== 'header'));
    expect(Object.keys(explained.normal)).toEqual(normal);
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

  it('learns from standard input, which it reads twice, and only what the application is known to have accepted', () => {
    const answers = join(dir, 'access.log');
    const line = (k: number): string =>
      JSON.stringify({
        id: `id-${k}`,
        path: `/search?q=blue+${'abc'[k % 3]}`,
        headers: { Host: 'shop.test' },
        client: `10.0.0.${k % 4}`,
        time: (1 + (k % 3)) * HOUR,
      });
    const input = `${Array.from({ length: 12 }, (_, k) => line(k)).join('\n')}\nnot json\n`;
    writeFileSync(
      answers,
      Array.from({ length: 10 }, (_, k) =>
        JSON.stringify({
          normgate: { request_id: `id-${k}` },
          status: k === 4 ? 404 : 200,
          details: k === 5 ? 'ext_authz_denied' : 'via_upstream',
        }),
      ).join('\n'),
    );
    const args = ['learn', '--captures', '-', '--model', BUNDLE];
    const known = normgate([...args, '--out', join(dir, 'stdin'), '--statuses', answers], input);
    expect(known.status, known.stderr).toBe(0);
    expect(known.stderr).toContain('-:13: not JSON');
    expect(known.stderr).not.toContain('--statuses');
    expect(known.out[0].requests).toEqual({ learned: 8, refused_by_application: 1, no_answer: 3 });
    const unknown = normgate([...args, '--out', join(dir, 'stdin')], input);
    expect(unknown.out[0].requests).toEqual({ learned: 12 });
    expect(unknown.stderr).toContain('12 of 12 learned requests tell no status');
  }, 120_000);

  it.each([['nowhere'], ['memory.bin']])(
    'score ends, and says why, where --memory is no folder of one: %s',
    (name) => {
      writeFileSync(join(dir, 'memory.bin'), 'whatever');
      const { status, stderr } = normgate(['score', '--model', BUNDLE, '--memory', join(dir, name)], '');
      expect(status).toBe(2);
      expect(stderr).toMatch(/--memory: expected a folder with memory.bin, got /);
    },
    120_000,
  );

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

/** Two clients in one window suffice; `more` is learned of every host. */
function storeOf(hosts: readonly string[], more: readonly string[] = [], surprise = 0.5): MemoryStore {
  const identity = { ...newStore({ clients: 2, windows: 1 }).identity, canonicalizerVersion: CANONICALIZER_VERSION };
  const store = new MemoryStore({ ...identity, modelId: AGO });
  for (const host of hosts) {
    for (let k = 0; k < 6; k++) {
      learn(store, [query('q', `blue ${'ab'[k % 2]}`), ...more], { client: `10.0.0.${k}`, host, surprise });
    }
  }
  return store;
}

describe('normgate memory', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(dir, 'folder-'));
  });
  const hosts = (file = SERVING): string[] => readSnapshot(folder, file).store.hosts.map(({ name }) => name);

  it('diff tells what was gained and lost', () => {
    const [old, now] = [join(folder, 'old'), join(folder, 'new')];
    writeSnapshot(old, SERVING, storeOf(['shop.test'], [query('gone', 'x')]));
    writeSnapshot(now, SERVING, storeOf(['shop.test'], [query('fresh', 'x'), query('q', 'blue;c')], 0.75));
    const { status, out } = normgate(['memory', 'diff', old, now]);
    expect(status).toBe(0);
    // The same fields on their route are told of as well.
    expect(out.filter(({ field }) => !field.endsWith('[VALUE]'))).toEqual([
      { host: 'shop.test', field: '[QUERY]q', ceiling: [0.5, 0.75], gained: [';'], lost: [] },
      expect.objectContaining({ only: 'first', host: 'shop.test', field: '[QUERY]gone' }),
      expect.objectContaining({ only: 'second', host: 'shop.test', field: '[QUERY]fresh' }),
    ]);
    expect(normgate(['memory', 'diff', old, old]).out).toEqual([]);
    expect(normgate(['memory', 'diff', old]).stderr).toMatch(/memory diff: expected two folders, got 1/);
  });

  it('merge adds up what folders of one key hold', () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    writeSnapshot(a, SERVING, storeOf(['shop.test']));
    writeSnapshot(b, SERVING, storeOf(['shop.test', 'other.test']));
    const { status, out } = normgate(['memory', 'merge', a, b, '--out', folder]);
    expect(status).toBe(0);
    expect(out[0]).toMatchObject({ hosts: 2 });
    expect(readSnapshot(folder, SERVING).store.hosts.map(({ name, requests }) => [name, requests])).toEqual([
      ['shop.test', 12],
      ['other.test', 6],
    ]);
    const stranger = new MemoryStore({ ...storeOf([]).identity, key: new Uint8Array(8) });
    writeSnapshot(b, SERVING, stranger);
    expect(normgate(['memory', 'merge', a, b, '--out', folder]).stderr).toMatch(/learn with --like/);
    expect(normgate(['memory', 'merge', a, b]).stderr).toMatch(/memory merge: expected two folders or more, and --out/);
  });

  it('forget drops a whole host, of staging where told to, and warns where staging would bring it back', () => {
    writeSnapshot(folder, SERVING, storeOf(['shop.test', 'other.test']));
    writeSnapshot(folder, STAGING, storeOf(['shop.test', 'other.test']));
    const serving = normgate(['memory', 'forget', folder, '--host', 'Shop.test:443']);
    expect(serving.status, serving.stderr).toBe(0);
    expect(serving.stderr).toMatch(/staging.bin knows the host too/);
    expect([hosts(), hosts(STAGING)]).toEqual([['other.test'], ['shop.test', 'other.test']]);
    const staging = normgate(['memory', 'forget', folder, '--host', 'shop.test', '--staging']);
    expect(staging.stderr).toBe('');
    expect(hosts(STAGING)).toEqual(['other.test']);
    expect(normgate(['memory', 'show', folder, '--staging']).out.map(({ host }) => host)).toEqual(['other.test']);
    expect(normgate(['memory', 'forget', folder, '--host', 'shop.test']).stderr).toMatch(
      /--host: expected a host that the memory knows, got shop.test/,
    );
    expect(normgate(['memory', 'promote', folder]).status).toBe(0);
    expect(hosts()).toEqual(['other.test']);
  });

  it('rescore moves the one file or the other to a model', () => {
    const odd = query('code', "' OR 1=1 UNION SELECT password FROM users--");
    writeSnapshot(folder, SERVING, storeOf(['shop.test'], [odd]));
    writeSnapshot(folder, STAGING, storeOf(['shop.test']));
    const before = readFileSync(join(folder, SERVING));
    const staging = normgate(['memory', 'rescore', folder, '--model', BUNDLE, '--staging']);
    expect(staging.status, staging.stderr).toBe(0);
    expect(readSnapshot(folder, STAGING, MODEL_ID).store.values.size).toBe(2);
    expect(readFileSync(join(folder, SERVING)).equals(before)).toBe(true);
    expect(normgate(['memory', 'rescore', folder, '--model', BUNDLE]).status).toBe(0);
    const fields = normgate(['memory', 'show', folder, '--host', 'shop.test', '--fields']).out;
    const ceiling = (name: string): number => fields.find(({ field }) => field === name).ceiling;
    expect(ceiling('[QUERY]code')).toBeGreaterThan(2);
    expect(ceiling('[QUERY]q')).toBeLessThan(1);
  }, 120_000);
});

describe('normgate serve', () => {
  it('starts without a memory that it must refuse, says so, and takes up the one that replaces it', async () => {
    const folder = mkdtempSync(join(dir, 'serve-'));
    writeSnapshot(folder, SERVING, storeOf(['shop.test']));
    const flags = [`--model=${BUNDLE}`, `--memory.dir=${folder}`, '--memory.reloadMs=100', '--mode=enforce'];
    const listen = ['--grpc.listen=127.0.0.1:0', '--admin.listen=127.0.0.1:0'];
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), 'serve', ...flags, ...listen]);
    try {
      let log = '';
      child.stdout.on('data', (data) => {
        log += data;
      });
      await expect.poll(() => log, { timeout: 60_000 }).toMatch(/"listening"/);
      expect(log).toMatch(/memory refused; every host is judged without memory/);
      expect(log).toMatch(/normgate memory rescore/);
      const admin = /"admin":"([^"]+)"/.exec(log)![1];
      const ready = async () => (await (await fetch(`http://${admin}/readyz`)).json()) as Ready;
      expect(await ready()).toMatchObject({
        ready: true,
        conditions: { memory: { ok: true, detail: expect.stringMatching(/^refused, every host is judged without/) } },
      });
      const store = storeOf(['shop.test']);
      writeSnapshot(folder, SERVING, new MemoryStore({ ...store.identity, modelId: MODEL_ID }));
      await expect.poll(async () => (await ready()).conditions.memory!.detail).toBe('0 hosts, 0 fields');
    } finally {
      child.kill();
      await new Promise((resolve) => child.once('close', resolve));
    }
  }, 120_000);
});

interface Ready {
  readonly ready: boolean;
  readonly conditions: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

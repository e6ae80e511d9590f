import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MARKERS } from '../../../src/canonicalize/markers.js';

const root = join(import.meta.dirname, '../../..');
const bundle = join(root, 'tests/fixtures/tiny-bundle');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgate-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the built program as a user would. */
function normgate(args: string[], input = '', env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  const lines = () =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { status, stdout, stderr, lines };
}

const jsonl = (...requests: object[]) => requests.map((request) => `${JSON.stringify(request)}\n`).join('');
const search = (q: string, id: string) => ({
  id,
  method: 'GET',
  path: `/search?q=${q}`,
  headers: { Host: 'a.example' },
});

describe('normgate', () => {
  it('tells its commands', () => {
    const help = normgate(['--help']);
    expect(help.status).toBe(0);
    for (const command of ['serve', 'check-config', 'score', 'canonicalize']) expect(help.stdout).toContain(command);
  });

  it.each([[[]], [['unknown']], [['constructor']], [['score', '--no-such-option']]])(
    'refuses %j with exit code 2',
    (args) => {
      const { status, stderr, stdout } = normgate(args);
      expect(status).toBe(2);
      expect(stderr).not.toBe('');
      expect(stdout).toBe('');
    },
  );
});

describe('normgate check-config', () => {
  it('prints what serve would run with', () => {
    const { status, stdout } = normgate(['check-config', '--mode=enforce'], '', { NORMGATE_SCORE_WORKERS: '3' });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'enforce', score: { workers: 3 } });
  });

  it('names key, expectation and value, and exits with 2', () => {
    const { status, stderr } = normgate(['check-config', '--mode=block']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/mode: expected one of monitor, enforce, learn, got "block"/);
  });
});

describe('normgate canonicalize', () => {
  it('prints the sequences of each request, in order', () => {
    const { status, lines } = normgate(['canonicalize', '-'], jsonl(search('it%27s', 'a'), search('%253Cb%253E', 'b')));
    expect(status).toBe(0);
    const [first, second] = lines();
    expect(first).toMatchObject({ id: 'a', host: 'a.example', canonicalizerVersion: expect.any(Number) });
    expect(first.sequences).toContain(`${MARKERS.QUERY}q${MARKERS.VALUE}it's`);
    expect(second.sequences).toContain(`${MARKERS.QUERY}${MARKERS.DEPTH}q${MARKERS.VALUE}<b>`);
    expect(first.zones).toHaveLength(first.sequences.length);
    expect(first.names).toHaveLength(first.sequences.length);
  });

  it('answers values line by line, also where they hold other line ends', () => {
    const { status, lines } = normgate(['canonicalize', '--values'], '"a%2527"\n"x\u2028y"\n"\\u003cb\\u003e"\n');
    expect(status).toBe(0);
    expect(lines()).toEqual(["a'", 'x\ny', '<b>']);
  });

  it('stops at a value that is none, since pairs would no longer match', () => {
    const { status, stderr } = normgate(['canonicalize', '--values'], '"a"\n17\n"b"\n');
    expect(status).toBe(1);
    expect(stderr).toContain('-:2: expected one JSON string a line');
  });
});

describe('normgate score', () => {
  const requests = Array.from({ length: 80 }, (_, i) => search(`word${i}`, `id-${i}`));

  it('prints one verdict a request, in order, by the contract', () => {
    const { status, lines } = normgate(['score', '--model', bundle], jsonl(...requests));
    expect(status).toBe(0);
    expect(lines().map(({ id }) => id)).toEqual(requests.map(({ id }) => id));
    for (const verdict of lines()) {
      expect(Object.keys(verdict)).toEqual([
        'id',
        'score',
        'threshold',
        'isAnomaly',
        'action',
        'reason',
        'modelId',
        'bytesInspected',
        'bytesReceived',
        'fields',
      ]);
      expect(verdict.score).toBeGreaterThanOrEqual(0);
      expect(verdict.score).toBeLessThanOrEqual(1);
      expect(verdict.isAnomaly).toBe(verdict.score >= verdict.threshold);
      expect(verdict.action).toBe(verdict.isAnomaly ? 'deny' : 'allow');
      expect(Object.keys(verdict.fields[0])).toEqual(['zone', 'name', 'score', 'span']);
    }
  });

  it('reads gzip, several files and a raw HTTP request', () => {
    const zipped = join(folder, 'requests.jsonl.gz');
    writeFileSync(zipped, gzipSync(jsonl(...requests.slice(0, 3))));
    const raw = join(folder, 'request.http');
    writeFileSync(raw, 'GET /a?b=c HTTP/1.1\r\nHost: a.example\r\n\r\n');
    const { status, lines } = normgate(['score', zipped, raw, '--model', bundle]);
    expect(status).toBe(0);
    expect(lines()).toHaveLength(4);
  });

  it('locates canonical text in the request', () => {
    const request = search('it%27s%20<b>', 'a');
    const [{ sequences }] = normgate(['canonicalize', '-'], jsonl(request)).lines();
    const text = sequences.find((one: string) => one.includes("it's"));
    const from = text.indexOf("'s <");
    const { status, lines } = normgate(
      ['locate'],
      jsonl({ request, text, span: [from, from + 4] }, { request, text, span: [0, 0] }),
    );
    expect(status).toBe(0);
    expect(lines()[0]).toMatchObject({ part: 'target', bytes: Buffer.from('%27s%20<').toString('base64') });
    expect(lines()[1]).toBeNull();
    const other = normgate(['locate'], jsonl({ request, text: 'of no request', span: [0, 1] }));
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('-:1: expected') });
  });

  it('explains with the text that decided', () => {
    const { lines } = normgate(['score', '--model', bundle, '--explain'], jsonl(search('lamp', 'a')));
    const query = lines()[0].fields.find(({ name }: { name: string }) => name === 'q');
    expect(query).toMatchObject({ zone: 'query', value: expect.stringContaining('lamp'), excerpt: expect.any(String) });
    expect(query.value).toContain(query.excerpt);
    expect(query).not.toHaveProperty('normal');
    expect(query.raw).toMatchObject({ part: 'target', bytes: expect.stringContaining('lamp') });
  });

  it('names bad lines and goes on, or stops when told to', () => {
    const input = `${jsonl(requests[0]!)}not json\n${jsonl({ method: 'GET' }, requests[1]!)}`;
    const lenient = normgate(['score', '--model', bundle], input);
    expect(lenient.status).toBe(0);
    expect(lenient.lines()).toHaveLength(2);
    expect(lenient.stderr).toContain('-:2: ');
    expect(lenient.stderr).toMatch(/-:3: path: /);
    const strict = normgate(['score', '--strict', '--model', bundle], input);
    expect(strict.status).toBe(1);
    expect(strict.lines()).toHaveLength(1);
  });

  it('refuses a budget that the bundle cannot support, and a bundle that is none', () => {
    const budget = normgate(['score', '--model', bundle, '--falsePositiveBudget=0.0000001'], '');
    expect(budget.status).toBe(2);
    expect(budget.stderr).toMatch(/falsePositiveBudget: expected at least .*, got 1e-7/);
    const model = normgate(['score', '--model', folder], '');
    expect(model.status).not.toBe(0);
    expect(model.stderr).toContain('manifest.json');
  });
});

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from './harness/stack.js';

/** The tiny bundle knows nothing of attacks, but it is deterministic: at this budget one of these two is denied. */
const BUDGET = '0.2';
const PASSED = 'GET / HTTP/1.1\nHost: shop.example\n\n';
const BLOCKED =
  'POST /login HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
  'Content-Length: 41\r\n\r\nemail=a@b.c&password=%3Cscript%3Ealert(1)';
const REFUSED = 'GET /a b HTTP/1.1\r\nHost: shop.example\r\n\r\n';

describe('npm run suite', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'normgate-suite-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const suite = (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const command = ['--import', './tests/setup/typescript.mjs', 'tests/suite/main.ts', ...args];
      const env = { ...process.env, NORMGATE_FALSE_POSITIVE_BUDGET: BUDGET };
      const child = spawn(process.execPath, command, { cwd: ROOT, env });
      const output = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const) {
        child[stream].on('data', (chunk: Buffer) => {
          output[stream] += chunk;
        });
      }
      child.once('close', (code) => resolve({ code, ...output }));
    });

  it('sends a folder through Envoy, prints the table and saves it', async () => {
    for (const [name, request] of Object.entries({ 'benign/a': PASSED, 'attack/b': BLOCKED, 'attack/c': REFUSED })) {
      mkdirSync(join(folder, 'suite', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'suite', name), request);
    }
    const out = join(folder, 'out');
    const { code, stdout, stderr } = await suite(
      ...['--format', 'raw', join(folder, 'suite'), '--model', 'tests/fixtures/tiny-bundle', '--out', out],
    );
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('normgate ready') });
    expect(stdout).toBe(readFileSync(join(out, 'suite.txt'), 'utf8'));
    const { rows } = JSON.parse(readFileSync(join(out, 'suite.json'), 'utf8'));
    expect(rows).toEqual([
      {
        ...{ class: 'attack', zone: 'body', expected: 'blocked' },
        counts: { sent: 1, blocked: 1, passed: 0, refused: 0, error: 0 },
      },
      {
        ...{ class: 'attack', zone: 'path', expected: 'blocked' },
        counts: { sent: 1, blocked: 0, passed: 0, refused: 1, error: 0 },
      },
      {
        ...{ class: 'benign', zone: 'path', expected: 'passed' },
        counts: { sent: 1, blocked: 0, passed: 1, refused: 0, error: 0 },
      },
    ]);
    const odd = readFileSync(join(out, 'odd.jsonl'), 'utf8').trim().split('\n');
    expect(odd.map((line) => JSON.parse(line))).toMatchObject([{ id: 'attack/c', outcome: 'refused', answer: 400 }]);
  });

  it('refuses what it cannot use, with the reason', async () => {
    const { code, stderr } = await suite('--format', 'har', '.');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('suite: --format: expected one'),
    });
  });
});

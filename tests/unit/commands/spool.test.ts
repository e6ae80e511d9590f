import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStatuses } from '../../../src/commands/read-statuses.js';
import { withSpooled } from '../../../src/commands/spool.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spool-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function fifo(text: string): string {
  const path = join(dir, 'pipe');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  createWriteStream(path).end(text);
  return path;
}

describe('sources that are read more than once', () => {
  it('are kept in a private file while they are used, where they are pipes', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, 'from a file');
    const pipe = fifo('from a pipe');
    let spooled = '';
    await withSpooled([file, pipe, join(dir, 'nowhere')], async (paths, nameOf) => {
      spooled = paths[1]!;
      expect([paths[0], paths[2]]).toEqual([file, join(dir, 'nowhere')]);
      expect([readFileSync(spooled, 'utf8'), readFileSync(spooled, 'utf8')]).toEqual(['from a pipe', 'from a pipe']);
      expect(statSync(spooled).mode & 0o777).toBe(0o600);
      expect(paths.map(nameOf)).toEqual([file, pipe, join(dir, 'nowhere')]);
    });
    expect(existsSync(spooled)).toBe(false);
  });

  it('are refused when they are larger than there is room for', async () => {
    await expect(withSpooled([fifo('12345')], async () => {}, 4)).rejects.toThrow(
      /pipe: expected at most 4 bytes, got more/,
    );
  });
});

describe('statuses', () => {
  it('are what the application answered, by request id', async () => {
    const path = join(dir, 'access.log');
    const lines = [
      '[info] starting main dispatch loop',
      { normgate: { request_id: 'a' }, status: 200, details: 'via_upstream' },
      { normgate: { request_id: 'b' }, status: 403, details: 'ext_authz_denied' },
      { normgate: { request_id: null }, status: 200, details: 'via_upstream' },
      '{broken',
      { id: 'c', status: 404 },
    ];
    writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
    expect([...(await readStatuses(path))]).toEqual([
      ['a', 200],
      ['c', 404],
    ]);
    writeFileSync(path, 'nothing of use\n');
    await expect(readStatuses(path)).rejects.toThrow(/--statuses: expected JSON lines of .* got "?none in 1 lines/);
  });
});

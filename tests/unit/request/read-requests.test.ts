import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRequests } from '../../../src/request/read-requests.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'normgate-requests-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(content: string | Buffer): string {
  const path = join(folder, `${files++}`);
  writeFileSync(path, content);
  return path;
}

/** Each item as `line target` or `line ! error`. */
async function readAll(...sources: string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const item of readRequests(sources)) {
    lines.push('error' in item ? `${item.line} ! ${item.error}` : `${item.line} ${item.request.view.target}`);
  }
  return lines;
}

describe('readRequests', () => {
  test('reads JSON lines in order; blank lines count, but are nothing', async () => {
    expect(await readAll(file('{"path":"/a"}\n\n{"path":"/b"}\r\n{"path":"/c"}'))).toEqual(['1 /a', '3 /b', '4 /c']);
  });

  test('gzip is seen by its first bytes, whatever the name', async () => {
    expect(await readAll(file(gzipSync('{"path":"/a"}\n{"path":"/b"}\n')))).toEqual(['1 /a', '2 /b']);
  });

  test('bad lines are told with their number, and the rest is read', async () => {
    expect(await readAll(file('{"path":"/a"}\nnot json\n{"path":5}\n[]\n{"path":"/b"}'))).toEqual([
      '1 /a',
      '2 ! not JSON: expected one object a line',
      '3 ! path: Invalid input: expected string, received number',
      '4 ! request: Invalid input: expected object, received array',
      '5 /b',
    ]);
  });

  test('several files, each counted from 1, and ids from the lines', async () => {
    const sources = [file('{"path":"/a"}'), file('{"path":"/b","id":"mine"}')];
    expect(await readAll(...sources)).toEqual(['1 /a', '1 /b']);
    const ids: string[] = [];
    for await (const item of readRequests(sources)) if ('request' in item) ids.push(item.request.view.id);
    expect(ids).toEqual(['1', 'mine']);
  });

  test('only LF and CRLF end a line', async () => {
    expect(await readAll(file('{"path":"/a\u2028b\u0085"}\n{"path":"/c"}'))).toEqual([
      '1 /a\xe2\x80\xa8b\xc2\x85',
      '2 /c',
    ]);
  });

  test('a byte-order mark is no part of the first line', async () => {
    expect(await readAll(file('\ufeff{"path":"/a"}'))).toEqual(['1 /a']);
  });

  test('lines longer than the chunks of a stream', async () => {
    const path = `/${'x'.repeat(300_000)}\u4e2d`;
    const [first, second] = await readAll(file(`${JSON.stringify({ path })}\n{"path":"/b"}`));
    expect(first).toHaveLength(path.length + '1 '.length + 2);
    expect(second).toBe('2 /b');
  });

  test('JSON nested 10,000 deep in an ignored key', async () => {
    expect(await readAll(file(`{"path":"/a","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`))).toEqual(['1 /a']);
  });

  test('one raw HTTP request, gzipped too, and with a request line of a megabyte', async () => {
    const raw = "GET /raw?q=' HTTP/1.1\r\nHost: shop.test\r\n\r\n";
    expect(await readAll(file(raw))).toEqual(["1 /raw?q='"]);
    expect(await readAll(file(gzipSync(raw)))).toEqual(["1 /raw?q='"]);
    const long = `/${'a'.repeat(1 << 20)}`;
    expect(await readAll(file(`GET ${long} HTTP/1.1\r\n\r\n`))).toEqual([`1 ${long}`]);
  });

  test('an empty file holds nothing', async () => {
    expect(await readAll(file(''))).toEqual([]);
    expect(await readAll(file(gzipSync('')))).toEqual([]);
  });

  test('a file that is missing or breaks off is an error that names it', async () => {
    await expect(readAll(join(folder, 'missing'))).rejects.toThrow(/missing: ENOENT/);
    const packed = gzipSync('{"path":"/a"}\n'.repeat(1000));
    const broken = file(packed.subarray(0, packed.length - 20));
    await expect(readAll(broken)).rejects.toThrow(`${broken}: unexpected end of file`);
  });
});

import { describe, expect, it } from 'vitest';
import { loadRaw } from '../../suite/load/raw.js';
import { all, folderOf, shown } from './folder.js';

describe('raw requests', () => {
  it('go as they stand, bytes and line ends included', async () => {
    const head = 'POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nX: \xff\n';
    const bytes = Buffer.from(`${head}\r\n\r\n\x00\xfe`, 'latin1');
    const [one] = await all(loadRaw(folderOf({ 'attacks/sqli/1.http': bytes })));
    expect(shown(one!)).toEqual({
      id: 'attacks/sqli/1.http',
      class: 'sqli',
      zone: 'body',
      expected: 'blocked',
      wire: bytes.toString('latin1'),
    });
  });

  it('that an editor saved get their CRLFs and blank line back', async () => {
    const folder = folderOf({
      'benign/a': 'GET /a?x=1 HTTP/1.1\nHost: x\n',
      'benign/b': 'POST / HTTP/1.1\nHost: x\nContent-Length: 99\nX: y\n\na=1\nb',
    });
    const [a, b] = (await all(loadRaw(folder))).map(shown);
    expect(a).toMatchObject({ expected: 'passed', zone: 'query', wire: 'GET /a?x=1 HTTP/1.1\r\nHost: x\r\n\r\n' });
    expect(b).toMatchObject({
      zone: 'body',
      wire: 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX: y\r\n\r\na=1\nb',
    });
  });

  it('state the length of a body that nothing states, unless it is another request', async () => {
    const folder = folderOf({
      a: 'POST /a HTTP/1.1\r\nHost: x\r\n\r\nq=1',
      b: 'GET /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTTP/1.1\r\n\r\n',
      c: 'POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    });
    const wires = (await all(loadRaw(folder))).map((one) => shown(one).wire);
    expect(wires).toEqual([
      'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nq=1',
      'GET /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTTP/1.1\r\n\r\n',
      'POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ]);
  });

  it('leave hidden files out and name what is no request', async () => {
    const folder = folderOf({
      '.git/config': 'x',
      'notes.txt': 'hello there, reader\n\n',
      'x/y.txt': 'GET /z HTTP/1.1\r\n\r\n',
    });
    const [notes, request, ...more] = await all(loadRaw(folder));
    expect(notes).toEqual({ id: 'notes.txt', skipped: 'no request line' });
    expect(shown(request!)).toMatchObject({ class: 'x', zone: 'path', expected: 'unknown' });
    expect(more).toEqual([]);
  });
});

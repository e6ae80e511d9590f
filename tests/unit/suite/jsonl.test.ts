import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadJsonl } from '../../suite/load/jsonl.js';
import { all, bodyOf, folderOf, shown } from './folder.js';

const line = (value: object): string => `${JSON.stringify(value)}\n`;

describe('JSON requests', () => {
  it('are sent with their headers, in order, and the length that the body has', async () => {
    const request = {
      label: 'attack',
      class: 'xss',
      meta: { zone: 'body_json' },
      method: 'POST',
      path: '/a b?q=é',
      headers: [
        ['X-A', '1'],
        ['Content-Length', '9999'],
        ['Transfer-Encoding', 'chunked'],
        [':authority', 'h'],
        ['x-a', 'tw\no'],
      ],
      body: 'é',
    };
    const [one] = await all(loadJsonl(folderOf({ 'x.jsonl': line(request) })));
    expect(shown(one!)).toEqual({
      id: 'x.jsonl:1',
      class: 'xss',
      zone: 'body',
      expected: 'blocked',
      wire: 'POST /a%20b?q=%e9 HTTP/1.1\r\nhost: localhost\r\nx-a: 1\r\nx-a: tw o\r\nContent-Length: 2\r\n\r\n\xc3\xa9',
    });
  });

  it('may be gzipped, labeled in several ways, and bytes', async () => {
    const lines = [
      { path: '/?a', label: 0, bodyBase64: '/w==' },
      { path: '/?a', label: 'benign', class: null },
      { path: '/?a', label: true, zone: 'cookie' },
      { path: '/' },
    ];
    const folder = folderOf({ 'a/b.jsonl.gz': gzipSync(lines.map(line).join('')) });
    const cases = (await all(loadJsonl(folder))).map(shown);
    expect(cases.map(({ expected, zone, class: kind }) => [expected, zone, kind])).toEqual([
      ['passed', 'body', '0'],
      ['passed', 'query', 'benign'],
      ['blocked', 'cookie', 'true'],
      ['unknown', 'path', 'unlabeled'],
    ]);
    expect(bodyOf(cases[0]!.wire)).toBe('\xff');
  });

  it('that cannot be read are named, and the rest is', async () => {
    const folder = folderOf({ 'x.jsonl': `{"path":1}\nnope\n\n${line({ path: '/' })}` });
    const [first, second, third] = await all(loadJsonl(folder));
    expect(first).toMatchObject({ id: 'x.jsonl:1', skipped: expect.stringContaining('path') });
    expect(second).toEqual({ id: 'x.jsonl:2', skipped: 'not JSON' });
    expect(shown(third!).id).toBe('x.jsonl:4');
  });
});

import { describe, expect, test } from 'vitest';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { canonical, post, shown } from './requests.js';

describe('corners of the protocol', () => {
  test.each([
    ['WebSocket upgrade', { headers: [['upgrade', 'websocket'] as const] }, ['tunnel'], []],
    ['CONNECT', { method: 'CONNECT', target: 'shop.test:443' }, ['tunnel'], ['[PATH][VALUE]shop.test:443']],
    ['OPTIONS *', { method: 'OPTIONS', target: '*' }, [], ['[PATH][VALUE]*']],
    ['HTTP/1.0 without Host', { protocol: 'HTTP/1.0', target: '/a' }, [], ['[PATH][VALUE]/a']],
    ['announced trailers', { headers: [['trailer', 'x-sum'] as const] }, ['trailers'], []],
    ['Expect', { headers: [['expect', '100-continue'] as const] }, [], []],
    ['odd Expect', { headers: [['expect', "x'"] as const] }, [], ["[HEADER]expect[VALUE]x'"]],
    ['empty target', { target: '' }, [], []],
    ['gRPC stream that is not handed over', { bodyTruncated: true }, ['proxy_truncated'], []],
  ])('%s', (_, parts, limits, fields) => {
    const read = canonical(parts);
    expect(read.limits).toEqual(limits);
    expect(shown(read)).toEqual(fields);
  });

  test('Transfer-Encoding beside Content-Length', () => {
    const read = canonicalize(
      post('text/plain', "it's", {
        headers: [
          ['transfer-encoding', 'chunked'],
          ['content-length', '400'],
        ],
      }),
      DEFAULT_LIMITS,
    );
    expect(shown(read)).toEqual(["[BODY][VALUE]it's"]);
  });
});

describe('what a request is not', () => {
  const oddities = (type: string, body: string, more: readonly (readonly [string, string])[] = []) =>
    canonicalize(post(type, body, { headers: [['content-type', type], ...more] }), DEFAULT_LIMITS).oddities;

  test.each([
    ['', '{"a":1}', ['content_type_missing']],
    ['application/json', "a='", ['malformed', 'content_type_wrong']],
    ['application/x-www-form-urlencoded', '{"a":1}', ['content_type_wrong']],
    ['application/xml', '<!DOCTYPE a [<!ENTITY b "c">]><a/>', ['dtd']],
    ['application/xml', '<a>', ['malformed']],
    ['text/plain; charset=nonsense', 'x', ['charset']],
    ['application/json', '{"a":1}', []],
    ['text/plain', "it's", []],
    ['application/xml', '<a/>', []],
  ])('%s with %s', (type, body, expected) => {
    expect(oddities(type, body)).toEqual(expected);
  });

  test('a repeated Content-Type', () => {
    expect(oddities('text/plain', 'x', [['content-type', 'text/plain']])).toEqual(['content_type_repeated']);
  });
});

describe('the secret of Basic', () => {
  test('is counted as not inspected and stands in no field', () => {
    const read = canonical({ headers: [['authorization', `Basic ${btoa("ann':s3cret'")}`]] });
    expect(shown(read)).toEqual(["[HEADER]authorization.basic[VALUE]ann'"]);
    expect(read.uninspected).toEqual(new Map([['secret', "s3cret'".length]]));
    expect(read.fields.some(({ text }) => text.includes('s3cret'))).toBe(false);
    expect(read).toMatchObject({ truncated: false, limits: ['secret'] });
    expect(read.bytesReceived - read.bytesInspected).toBe("s3cret'".length);
  });
});

describe('what is left out is chosen by what it holds', () => {
  const payload = "' or (1=1) -- <x>";

  test('a payload in the middle of a long value is read', () => {
    const value = `${'word '.repeat(40_000)}${payload}${' word'.repeat(40_000)}`;
    const read = canonical({ target: `/?q=${value.replaceAll(' ', '+')}` });
    expect(read.limits).toEqual(['value_bytes']);
    expect(shown(read).some((text) => text.includes(payload))).toBe(true);
    expect(read.uninspected!.get('value_bytes')).toBe(value.length - DEFAULT_LIMITS.maxValueBytes);
  });

  test('a payload among sixty thousand fields is read', () => {
    const names = Array.from({ length: 60_000 }, (_, i) => `p${i}=word`);
    names[30_000] = `p=${payload.replaceAll(' ', '+')}`;
    const read = canonicalize(post('application/x-www-form-urlencoded', names.join('&')), DEFAULT_LIMITS);
    expect(read.limits).toEqual(['fields']);
    expect(shown(read).some((text) => text.includes(payload))).toBe(true);
    expect(read.bytesReceived - read.bytesInspected).toBe(read.uninspected!.get('fields'));
  });

  test('a script at the end of a picture is read', () => {
    const picture = Buffer.concat([
      Buffer.alloc(200_000),
      Buffer.from('<?php system($_GET["c"]); ?>'),
      Buffer.alloc(9),
    ]);
    const read = canonicalize(post('image/png', picture), DEFAULT_LIMITS);
    expect(shown(read)).toEqual(['[PRINTABLE][VALUE]<?php system($_GET["c"]); ?>']);
    expect(read.uninspected!.get('binary')).toBe(picture.length - 4096 - 28);
  });

  test('parts inside parts end at the limit', () => {
    let body = "--B0\r\n\r\nit's\r\n--B0--";
    for (let i = 1; i < 30; i++)
      body = `--B${i}\r\nContent-Type: multipart/mixed; boundary=B${i - 1}\r\n\r\n${body}\r\n--B${i}--`;
    const read = canonicalize(post('multipart/mixed; boundary=B29', body), DEFAULT_LIMITS);
    expect(read.limits).toContain('depth');
    expect(shown(read).some((text) => text.includes("it's"))).toBe(true);
  });
});

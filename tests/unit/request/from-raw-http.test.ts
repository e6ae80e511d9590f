import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RequestFormatError } from '../../../src/request/from-json.js';
import { looksLikeRawHttp, requestFromRawHttp } from '../../../src/request/from-raw-http.js';

const read = (text: string) => requestFromRawHttp(Buffer.from(text, 'latin1'), '1');

describe('requestFromRawHttp', () => {
  test.each(['\r\n', '\n'])('reads request line, headers and body (line end %j)', (end) => {
    const view = read(
      ['POST /a?b=c d HTTP/1.1', 'Host: shop.test', 'X-A:  1 ', 'x-a: 2', '', 'body\n\nrest'].join(end),
    );
    expect(view).toMatchObject({ method: 'POST', target: '/a?b=c d', protocol: 'HTTP/1.1', host: 'shop.test' });
    expect(view.headers).toEqual([
      ['host', 'shop.test'],
      ['x-a', '1'],
      ['x-a', '2'],
    ]);
    expect(view.body.toString()).toBe('body\n\nrest');
    expect(view.bodyBytesReceived).toBe(view.body.length);
  });

  test('keeps bytes as they are', () => {
    const view = read('GET /\xe4\xff HTTP/1.0\r\nx: \xee\x80\x85\r\n\r\n\xff\x00');
    expect(view.target).toBe('/\xe4\xff');
    expect(view.headers).toEqual([['x', '\xee\x80\x85']]);
    expect([...view.body]).toEqual([0xff, 0]);
  });

  test('joins folded lines and keeps lines without a colon', () => {
    expect(read("GET / HTTP/1.1\r\nX: a\r\n b\r\n' or 1=1\r\n\r\n").headers).toEqual([
      ['x', 'a b'],
      ["' or 1=1", ''],
    ]);
  });

  test('needs neither headers nor body', () => {
    expect(read('GET / HTTP/2')).toMatchObject({ headers: [], host: '' });
  });

  test.each(['', 'hello', '{"path":"/"}', 'GET /', 'GET  HTTP/1.1'])('%j is refused', (text) => {
    expect(() => read(text)).toThrow(RequestFormatError);
  });

  test('the error quotes at most 80 characters, escaped', () => {
    expect(() => read(`\x1b[31m${'x'.repeat(500)}`)).toThrow(
      /^request line: expected "METHOD target HTTP\/1.1", got "\\u001b\[31mx{75}"$/,
    );
  });

  test('any bytes are a request or a RequestFormatError', () => {
    const piece = fc.constantFrom('GET / HTTP/1.1', '\r\n', '\n', ':', ' ', 'a', '\x00', '\xff', '\t');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          expect(read(`GET / HTTP/1.1${pieces.join('')}`).body).toBeInstanceOf(Buffer);
        } catch (error) {
          expect(error).toBeInstanceOf(RequestFormatError);
        }
      }),
      { seed: 20_240_501, numRuns: 500 },
    );
  });
});

describe('looksLikeRawHttp', () => {
  test.each([
    ['GET / HTTP/1.1\r\nHost: x', true],
    ['GET / HTTP/1.1\n', true],
    [`GET /${'a'.repeat(70_000)}`, true],
    ['{"method":"GET","path":"/"}\n', false],
    ['{"path":"/ HTTP/1.1"}', false],
    ['not a request\n{"path":"/"}', false],
    ['', false],
  ])('%.30j: %s', (start, expected) => {
    expect(looksLikeRawHttp(start)).toBe(expected);
  });
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEcho, send, sendBytes } from './harness/http.js';
import { Stack } from './harness/stack.js';

const MAX_REQUEST_BYTES = 1024 * 1024;

/** Headers that Envoy adds, and those that it must not change. */
const ADDED = /^(?:x-normgate-|x-forwarded-|x-envoy-|x-request-id$)/;

describe('what the application gets', () => {
  let stack: Stack;

  beforeAll(async () => {
    // What is tested here is the way of the bytes, whatever the verdict.
    stack = await Stack.start({ mode: 'monitor' });
  });

  afterAll(() => stack?.stop());

  it.each([
    ['plain', '/echo?a=1&b=2'],
    ['dots and double slashes', '/echo/../echo/.//x/%2e%2e/y?p=/..//'],
    ['percent-encoding of any kind and case', '/echo/%2F%2f%00%C3%a9%ff%zz%?%26=%3D&x=%u0041'],
    ['quotes and angle brackets', '/echo?q="<a>\'`{|}\\^'],
    ['parameters twice and empty', '/echo?a=1&a=2&&=&;x'],
    ['a long target', `/echo?long=${'ab+%20'.repeat(5000)}`],
  ])('is the target as sent: %s', async (_, path) => {
    expect(parseEcho(await send(stack.port, { path })).target).toBe(path);
  });

  it('is the headers as sent, with order, duplicates and bytes above 0x7f', async () => {
    const request = Buffer.from(
      'GET /echo HTTP/1.1\r\nHost: shop.example\r\nX-A: 1\r\nx-b: caf\xc3\xa9 \xff\xfe\r\nX-A: 2\r\nCookie: a=1; b="x"\r\nX-Empty:\r\nConnection: close\r\n\r\n',
      'latin1',
    );
    const echo = parseEcho(await sendBytes(stack.port, request));
    const own = echo.headers.filter(([name]) => !ADDED.test(name.toLowerCase()));
    expect(own.map(([name, value]) => `${name.toLowerCase()}: ${value}`)).toEqual([
      'host: shop.example',
      'x-a: 1',
      'x-b: caf\xc3\xa9 \xff\xfe',
      'x-a: 2',
      'cookie: a=1; b="x"',
      'x-empty: ',
    ]);
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['every byte', Buffer.from(Array.from({ length: 256 }, (_, n) => n))],
    ['broken UTF-8', Buffer.from('name=\xc3\x28\xa0\xa1&x=\xf0\x9f', 'latin1')],
    ['one byte below the buffer', randomBytes(MAX_REQUEST_BYTES - 1)],
    ['exactly the buffer', randomBytes(MAX_REQUEST_BYTES)],
    ['three buffers', randomBytes(3 * MAX_REQUEST_BYTES)],
  ])('is the body as sent: %s', async (_, body) => {
    const headers = { 'Content-Type': 'application/octet-stream' };
    const echo = parseEcho(await send(stack.port, { method: 'POST', path: '/echo', headers, body }));
    expect(Buffer.from(echo.body, 'base64').equals(body)).toBe(true);
  });

  it('is a chunked body as sent', async () => {
    const chunks = ['one', 'two\x00\xff', 'x'.repeat(70_000)];
    const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
    const head = 'POST /echo HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    const echo = parseEcho(await sendBytes(stack.port, Buffer.from(`${head}${framed}0\r\n\r\n`, 'latin1')));
    expect(Buffer.from(echo.body, 'base64').toString('latin1')).toBe(chunks.join(''));
  });

  it('does not depend on 100-continue', async () => {
    const head =
      'POST /echo HTTP/1.1\r\nHost: shop.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello';
    const reply = await sendBytes(stack.port, Buffer.from(head, 'latin1'));
    expect([100, 200]).toContain(reply.status);
    expect(reply.body.toString()).toContain(Buffer.from('hello').toString('base64'));
  });
});

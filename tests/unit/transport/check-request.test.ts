import { describe, expect, it } from 'vitest';
import { toRequestView } from '../../../src/transport/check-request.js';
import { type CheckRequestMessage, checkMethod, type HttpRequestMessage } from '../../../src/transport/protocol.js';
import { bytes, checkOf, rawHeaders } from './harness.js';

/** Over the wire and back, so that what is tested is what a proxy's bytes become. */
const view = (check: CheckRequestMessage, maxRequestBytes = 1 << 20) =>
  toRequestView(checkMethod.requestDeserialize(checkMethod.requestSerialize(check)), { maxRequestBytes });
const viewOf = (http: HttpRequestMessage, maxRequestBytes?: number) => view(checkOf(http), maxRequestBytes);

describe('where headers come from', () => {
  it('takes header_map: order, duplicates, empty values and bytes kept, pseudo-headers used and removed', () => {
    const request = viewOf({
      method: bytes('GET'),
      path: bytes('/!!?a=1'),
      host: bytes('sanitized'),
      header_map: rawHeaders(
        [':authority', 'shop.example'],
        [':path', '/\xc3\xa9?a=%ff'],
        [':method', 'PATCH'],
        ['b', '2'],
        ['a', '\xff\xfe'],
        ['b', ''],
      ),
    });
    expect(request).toMatchObject({ method: 'PATCH', target: '/\xc3\xa9?a=%ff', host: 'shop.example' });
    expect(request.headers).toEqual([
      ['b', '2'],
      ['a', '\xff\xfe'],
      ['b', ''],
    ]);
  });

  it('takes headers when there is no header_map, bytes that are no UTF-8 included', () => {
    const request = viewOf({
      method: bytes('GET'),
      path: bytes('/x?\xe9'),
      host: bytes('h'),
      headers: [
        { key: bytes(':path'), value: bytes('/x?\xe9') },
        { key: bytes('Accept'), value: bytes('\xff') },
      ],
    });
    expect(request).toMatchObject({ method: 'GET', target: '/x?\xe9', host: 'h', headers: [['accept', '\xff']] });
  });

  it('lets headers only add what header_map lacks', () => {
    const request = viewOf({
      header_map: rawHeaders(['a', 'raw']),
      headers: [
        { key: bytes('A'), value: bytes('joined') },
        { key: bytes('c'), value: bytes('only here') },
      ],
    });
    expect(request.headers).toEqual([
      ['a', 'raw'],
      ['c', 'only here'],
    ]);
  });

  it('makes an empty request of an empty Check, with an id of our own', () => {
    for (const check of [{}, { attributes: {} }, { attributes: { request: {} } }, checkOf({})]) {
      const request = view(check);
      expect(request).toMatchObject({ method: '', target: '', host: '', protocol: '', headers: [], client: '' });
      expect(request).toMatchObject({ bodyBytesReceived: 0, bodyTruncated: false });
      expect(request.body).toHaveLength(0);
      expect(request.id).toMatch(/^[0-9a-f-]{36}$/);
      expect(Math.abs(request.time - Date.now())).toBeLessThan(60_000);
    }
  });

  it('keeps high bytes of a name as they are while lowering ASCII', () => {
    expect(viewOf({ header_map: rawHeaders(['X-\xc0', 'v']) }).headers).toEqual([['x-\xc0', 'v']]);
  });
});

describe('bodies', () => {
  it.each<[string, HttpRequestMessage, number, string, number, boolean]>([
    ['none', {}, 10, '', 0, false],
    ['raw', { raw_body: bytes('ab\xff') }, 10, 'ab\xff', 3, false],
    ['text', { body: bytes('ab') }, 10, 'ab', 2, false],
    ['raw wins over text', { raw_body: bytes('raw'), body: bytes('text') }, 10, 'raw', 3, false],
    ['one byte under the limit', { raw_body: bytes('123456789') }, 10, '123456789', 9, false],
    ['exactly the limit', { raw_body: bytes('1234567890') }, 10, '1234567890', 10, true],
    ['over the limit', { raw_body: bytes('1234567890a') }, 10, '1234567890a', 11, true],
    [
      'exactly the limit, announced as whole',
      { raw_body: bytes('1234567890'), header_map: rawHeaders(['x-envoy-auth-partial-body', 'false']) },
      10,
      '1234567890',
      10,
      true,
    ],
    [
      'announced as partial',
      { raw_body: bytes('abc'), header_map: rawHeaders(['x-envoy-auth-partial-body', 'true']) },
      10,
      'abc',
      3,
      true,
    ],
    [
      'shorter than content-length',
      { raw_body: bytes('abc'), header_map: rawHeaders(['content-length', '4']) },
      10,
      'abc',
      4,
      true,
    ],
    [
      'as long as content-length',
      { raw_body: bytes('abc'), header_map: rawHeaders(['content-length', '3']) },
      10,
      'abc',
      3,
      false,
    ],
    [
      'the largest of several content-lengths counts',
      { raw_body: bytes('abc'), header_map: rawHeaders(['content-length', '3'], ['content-length', '9']) },
      10,
      'abc',
      9,
      true,
    ],
    ['content-length that is no number', { header_map: rawHeaders(['content-length', '-1, 9']) }, 10, '', 0, false],
    ['shorter than the proxy counts', { raw_body: bytes('abc'), size: 7 }, 10, 'abc', 7, true],
    ['size unknown', { raw_body: bytes('abc'), size: -1 }, 10, 'abc', 3, false],
    ['chunked, not handed over', { header_map: rawHeaders(['transfer-encoding', 'chunked']) }, 10, '', 0, true],
    [
      'chunked, handed over',
      {
        raw_body: bytes('abc'),
        header_map: rawHeaders(['transfer-encoding', 'chunked'], ['x-envoy-auth-partial-body', 'false']),
      },
      10,
      'abc',
      3,
      false,
    ],
  ])('%s', (_name, http, limit, body, received, truncated) => {
    const request = viewOf(http, limit);
    expect(request.body.toString('latin1')).toBe(body);
    expect(request.bodyBytesReceived).toBe(received);
    expect(request.bodyTruncated).toBe(truncated);
  });

  it("hides the proxy's flag from inspection, but not a client's header of that name", () => {
    const request = viewOf({
      header_map: rawHeaders(['x-envoy-auth-partial-body', "' OR 1=1--"], ['x-envoy-auth-partial-body', 'false']),
    });
    expect(request.headers).toEqual([['x-envoy-auth-partial-body', "' OR 1=1--"]]);
  });
});

describe('ids, peers and times', () => {
  it('takes over a request id only when it is safe everywhere', () => {
    const id = (value: string) => viewOf({ header_map: rawHeaders(['x-request-id', value]) }).id;
    expect(id('0f8fad5b-d9cb-469f-a165-70867728950e')).toBe('0f8fad5b-d9cb-469f-a165-70867728950e');
    for (const bad of ['', 'a b', 'a\nb', '<script>', 'x'.repeat(65), 'é']) expect(id(bad)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('reads peer address and time', () => {
    const request = view({
      attributes: {
        source: { address: { socket_address: { address: '192.0.2.7' } } },
        request: { time: { seconds: 1_700_000_000, nanos: 123_900_000 } },
      },
    });
    expect(request).toMatchObject({ client: '192.0.2.7', time: 1_700_000_000_123 });
    const pipe = view({ attributes: { source: { address: { pipe: { path: '/run/p' } } } } });
    expect(pipe.client).toBe('/run/p');
  });

  it('replaces a time that no date can hold', () => {
    const request = view({ attributes: { request: { time: { seconds: 1e15 } } } });
    expect(() => new Date(request.time).toISOString()).not.toThrow();
  });
});

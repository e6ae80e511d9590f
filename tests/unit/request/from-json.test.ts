import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RequestFormatError, requestFromJson } from '../../../src/request/from-json.js';

describe('requestFromJson', () => {
  test('reads every key', () => {
    const { id, status, view } = requestFromJson(
      {
        id: 'r 1',
        method: 'POST',
        path: '/a?b=1',
        headers: { Host: 'shop.test', 'X-Two': ['1', '2'] },
        body: 'caf\u00e9',
        client: '203.0.113.7',
        time: 1_714_564_800_123,
        status: 403,
        other: 'ignored',
      },
      '7',
    );
    expect({ id, status }).toEqual({ id: 'r 1', status: 403 });
    expect(view).toEqual({
      id: 'r-1',
      method: 'POST',
      target: '/a?b=1',
      host: 'shop.test',
      protocol: 'HTTP/1.1',
      headers: [
        ['host', 'shop.test'],
        ['x-two', '1'],
        ['x-two', '2'],
      ],
      body: Buffer.from('caf\u00e9'),
      bodyBytesReceived: 5,
      bodyTruncated: false,
      client: '203.0.113.7',
      time: 1_714_564_800_123,
    });
  });

  test('needs a path only', () => {
    const { id, status, view } = requestFromJson({ path: '/' }, '7');
    expect({ id, status }).toEqual({ id: undefined, status: null });
    expect(view).toMatchObject({ id: '7', method: 'GET', headers: [], client: '', time: 0 });
    expect(view.body).toHaveLength(0);
  });

  test('headers as pairs keep order and duplicates', () => {
    const headers = [
      ['B', '1'],
      ['a', '2'],
      ['b', '3'],
    ];
    expect(requestFromJson({ path: '/', headers }, '1').view.headers).toEqual([
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ]);
  });

  test('text beyond Latin-1 becomes its UTF-8 bytes, bytes stay bytes', () => {
    expect(requestFromJson({ path: '/\u4e2d' }, '1').view.target).toBe('/\xe4\xb8\xad');
    expect(requestFromJson({ path: '/\xe4\xb8\xad' }, '1').view.target).toBe('/\xe4\xb8\xad');
    expect(requestFromJson({ path: '/\ud800' }, '1').view.target).toBe('/\xef\xbf\xbd');
    expect(requestFromJson({ path: '/', headers: { 'x-\u4e2d': '\ue005' } }, '1').view.headers).toEqual([
      ['x-\xe4\xb8\xad', '\xee\x80\x85'],
    ]);
  });

  test('bodyBase64 carries bytes', () => {
    const { body, bodyBytesReceived } = requestFromJson({ path: '/', bodyBase64: '/wD+' }, '1').view;
    expect([...body]).toEqual([0xff, 0, 0xfe]);
    expect(bodyBytesReceived).toBe(3);
  });

  test.each([
    [1_714_564_800, 1_714_564_800_000],
    [1_714_564_800_123, 1_714_564_800_123],
    ['2024-05-01T12:00:00Z', 1_714_564_800_000],
    ['yesterday', 0],
    [null, 0],
  ])('time %s is %d', (time, milliseconds) => {
    expect(requestFromJson({ path: '/', time }, '1').view.time).toBe(milliseconds);
  });

  test.each([
    [{}, 'path: '],
    [{ path: 5 }, 'path: '],
    [{ path: '/', headers: 'x' }, 'headers: '],
    [{ path: '/', headers: [['only-name']] }, 'headers'],
    [{ path: '/', body: {} }, 'body: '],
    [{ path: '/', bodyBase64: 'not base64!' }, 'bodyBase64: expected base64'],
    ['text', 'request: '],
    [null, 'request: '],
    [[], 'request: '],
  ])('%j is refused, naming %s', (value, start) => {
    expect(() => requestFromJson(value, '1')).toThrow(RequestFormatError);
    expect(() => requestFromJson(value, '1')).toThrow(start);
  });

  test('any JSON is a request or a RequestFormatError, and ids are safe for logs', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.record({ path: fc.string({ unit: 'binary' }), id: fc.string({ unit: 'binary' }), body: fc.string() }),
    );
    fc.assert(
      fc.property(value, (json) => {
        try {
          const { view } = requestFromJson(json, '1');
          expect(view.id).toMatch(/^[A-Za-z0-9-]{1,64}$/);
          expect(view.target).toMatch(/^[\x00-\xff]*$/);
        } catch (error) {
          expect(error).toBeInstanceOf(RequestFormatError);
        }
      }),
      { seed: 20_240_501, numRuns: 500 },
    );
  });
});

import { describe, expect, test } from 'vitest';
import { namedClient } from '../../../src/memory/named-client.js';

const view = {
  client: '192.0.2.1',
  headers: [
    ['x-forwarded-for', '198.51.100.7'],
    ['accept', '*/*'],
    ['x-forwarded-for', '203.0.113.9, 198.51.100.8 '],
  ] as const,
};

describe('namedClient', () => {
  test('is the peer where no header is configured', () => {
    expect(namedClient(view, null)).toBe('192.0.2.1');
  });

  test('is the last element of the last header of that name, which no client can set', () => {
    expect(namedClient(view, 'x-forwarded-for')).toBe('198.51.100.8');
  });

  test('is nobody where the header is missing, and not the proxy in front', () => {
    expect(namedClient(view, 'x-real-ip')).toBe('');
  });
});

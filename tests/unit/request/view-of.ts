import type { RequestView } from '../../../src/request/request-view.js';

/** A plain GET without headers or body, but for what a test is about. */
export const viewOf = (overrides: Partial<RequestView> = {}): RequestView => ({
  id: 'req-1',
  method: 'GET',
  target: '/',
  host: 'shop.example',
  protocol: 'HTTP/1.1',
  headers: [],
  body: Buffer.alloc(0),
  bodyBytesReceived: 0,
  bodyTruncated: false,
  client: '192.0.2.1',
  time: 0,
  ...overrides,
});

import type { CanonicalRequest } from '../../../src/canonicalize/canonical-request.js';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import { type CanonicalizeLimits, DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { showMarkers } from '../../../src/canonicalize/markers.js';
import type { RequestView } from '../../../src/request/request-view.js';

/** A request with every part empty but the given ones. */
export function view(parts: Partial<RequestView>): RequestView {
  return {
    id: '1',
    method: 'GET',
    target: '/',
    host: '',
    protocol: 'HTTP/1.1',
    headers: [],
    body: Buffer.alloc(0),
    bodyBytesReceived: parts.body?.length ?? 0,
    bodyTruncated: false,
    client: '',
    time: 0,
    ...parts,
  };
}

export function post(contentType: string, body: string | Buffer, more: Partial<RequestView> = {}): RequestView {
  return view({
    method: 'POST',
    headers: [['content-type', contentType]],
    body: typeof body === 'string' ? Buffer.from(body, 'latin1') : body,
    ...more,
    bodyBytesReceived: more.bodyBytesReceived ?? body.length,
  });
}

export function canonical(parts: Partial<RequestView>, limits: Partial<CanonicalizeLimits> = {}): CanonicalRequest {
  return canonicalize(view(parts), { ...DEFAULT_LIMITS, ...limits });
}

/** Sequences with markers written out, without the structure sequence. */
export function shown({ fields }: CanonicalRequest): string[] {
  return fields.filter(({ zone }) => zone !== 'structure').map(({ text }) => showMarkers(text));
}

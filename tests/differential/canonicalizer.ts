import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requestFromRawHttp } from '../../src/request/from-raw-http.js';
import type { RequestView } from '../../src/request/request-view.js';
import type { Inspected } from './compare.js';
import { dechunked } from './exchange.js';

/** The canonicalizer under test. */
export interface Canonicalizer {
  inspect(view: RequestView): Inspected;
  value(text: string): string;
}

/** Loads the canonicalizer of a checkout, so that two versions can be compared by one harness. */
export async function loadCanonicalizer(root: string): Promise<Canonicalizer> {
  const room = (file: string) => import(pathToFileURL(resolve(root, 'src', 'canonicalize', file)).href);
  const { canonicalize } = (await room('canonicalize.ts')) as typeof import('../../src/canonicalize/canonicalize.js');
  const { canonicalizeValue } = (await room(
    'canonicalize-value.ts',
  )) as typeof import('../../src/canonicalize/canonicalize-value.js');
  const { DEFAULT_LIMITS } = (await room('limits.ts')) as typeof import('../../src/canonicalize/limits.js');
  return { inspect: (view) => canonicalize(view, DEFAULT_LIMITS), value: canonicalizeValue };
}

/** The request as Envoy would hand it over, when no Envoy is there to do it. */
export function viewOfWire(bytes: Buffer): RequestView {
  const view = requestFromRawHttp(bytes, '1');
  const chunked = view.headers.some(([name, value]) => name === 'transfer-encoding' && /chunked/i.test(value));
  if (!chunked) return view;
  const body = dechunked(view.body);
  return { ...view, body, bodyBytesReceived: body.length };
}

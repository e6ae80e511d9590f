import { randomUUID } from 'node:crypto';
import type { RequestView } from '../request/request-view.js';
import type { CheckRequestMessage, HttpRequestMessage } from './protocol.js';

export interface CheckRequestOptions {
  /** The proxy's `max_request_bytes`: a body of this size or more counts as truncated, whatever its flag says. */
  readonly maxRequestBytes: number;
}

/**
 * A decoded Check as a RequestView. Takes what is there and never throws: an empty Check is an empty request.
 *
 * `header_map` (raw, ordered) wins over `headers` (sanitized, joined), which only adds names that the former lacks; the
 * same holds for `raw_body` over `body` and the raw `:path` over `path`.
 */
export function toRequestView(check: CheckRequestMessage, options: CheckRequestOptions): RequestView {
  const request = check.attributes?.request;
  const http = request?.http ?? {};
  const all = readHeaders(http);
  const pseudo = new Map<string, string>();
  const headers: [string, string][] = [];
  for (const pair of all) {
    if (pair[0].charCodeAt(0) !== COLON) headers.push(pair);
    else if (!pseudo.has(pair[0])) pseudo.set(pair[0], pair[1]);
  }
  const facts = readFacts(headers);
  const body = http.raw_body?.length ? http.raw_body : (http.body ?? EMPTY);
  const bodyBytesReceived = Math.max(body.length, facts.contentLength, http.size ?? 0);
  return {
    id: facts.requestId ?? randomUUID(),
    method: pseudo.get(':method') || latin1(http.method),
    target: pseudo.get(':path') || latin1(http.path),
    host: pseudo.get(':authority') || latin1(http.host) || facts.host,
    protocol: latin1(http.protocol),
    headers: facts.partialFlag === undefined ? headers : headers.filter((pair) => !isPartialFlag(pair)),
    body,
    bodyBytesReceived,
    bodyTruncated:
      facts.partialFlag === 'true' ||
      bodyBytesReceived > body.length ||
      // A first part that fills the buffer exactly is announced as whole, and the rest goes upstream unseen.
      body.length >= options.maxRequestBytes ||
      // Without the flag the proxy does not hand over bodies at all; a chunked one has no length to tell of it.
      (facts.chunked && body.length === 0 && facts.partialFlag === undefined),
    client: readClient(check),
    time: readTime(request?.time),
  };
}

const EMPTY = Buffer.alloc(0);
const COLON = 0x3a;
/** Envoy adds it to the Check, as its last header, when it hands over a body; the upstream never sees it. */
const PARTIAL_BODY = 'x-envoy-auth-partial-body';
const SAFE_ID = /^[A-Za-z0-9-]{1,64}$/;

function latin1(bytes: Buffer | undefined): string {
  return bytes === undefined ? '' : bytes.toString('latin1');
}

/** ASCII only: in a byte string, `toLowerCase` would rewrite bytes of other characters. */
function lower(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : name;
}

function readHeaders(http: HttpRequestMessage): [string, string][] {
  const raw = http.header_map?.headers ?? [];
  const headers = raw.map(({ key, raw_value, value }): [string, string] => [
    lower(latin1(key)),
    latin1(raw_value?.length ? raw_value : value),
  ]);
  if (!http.headers?.length) return headers;
  const known = new Set(headers.map(([name]) => name));
  for (const { key, value } of http.headers) {
    const name = lower(latin1(key));
    if (!known.has(name)) headers.push([name, latin1(value)]);
  }
  return headers;
}

/** Only the two values that Envoy writes: anything else is a client's header and stays to be inspected. */
function isPartialFlag([name, value]: readonly [string, string]): boolean {
  return name === PARTIAL_BODY && (value === 'true' || value === 'false');
}

function readFacts(headers: readonly [string, string][]) {
  const facts = {
    contentLength: 0,
    chunked: false,
    host: '',
    partialFlag: undefined as string | undefined,
    requestId: undefined as string | undefined,
  };
  for (const pair of headers) {
    const [name, value] = pair;
    if (name === 'content-length') {
      if (/^\d{1,15}$/.test(value)) facts.contentLength = Math.max(facts.contentLength, Number(value));
    } else if (name === 'transfer-encoding') facts.chunked = true;
    else if (name === 'host') facts.host ||= value;
    else if (name === 'x-request-id') {
      if (SAFE_ID.test(value)) facts.requestId ??= value;
    } else if (isPartialFlag(pair) && facts.partialFlag !== 'true') facts.partialFlag = value;
  }
  return facts;
}

function readClient(check: CheckRequestMessage): string {
  const address = check.attributes?.source?.address;
  return address?.socket_address?.address || address?.pipe?.path || '';
}

function readTime(time: { seconds?: number; nanos?: number } | undefined): number {
  const ms = (time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6);
  return ms > 0 && ms <= MAX_DATE_MS ? ms : Date.now();
}

/** Largest time that `Date` represents, ECMA-262 section 21.4.1.1; a later one cannot be logged. */
const MAX_DATE_MS = 8.64e15;

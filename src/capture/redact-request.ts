import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from 'node:zlib';
import type { RequestView } from '../request/request-view.js';
import { mask } from './mask.js';
import { redactBody, redactPairs } from './redact-body.js';
import { redactText } from './redact-text.js';
import type { SecretNames } from './secret-names.js';

/** A request that may be written to disk. Byte strings stay byte strings. */
export interface RedactedRequest {
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** True when bytes of the body are missing, for whatever reason. */
  readonly bodyTruncated: boolean;
  /** Why there is no body although there was one: nothing that we cannot read can be redacted, so it is not kept. */
  readonly bodyOmitted?: 'encoding' | 'charset';
}

/** Masks the secrets of a request and cuts its body to `bodyBytes`. */
export function redactRequest(view: RequestView, bodyBytes: number, isSecret: SecretNames): RedactedRequest {
  const header = (name: string): string => view.headers.find(([key]) => key === name)?.[1].toLowerCase() ?? '';
  const body = redactBytes(view.body, header('content-type'), header('content-encoding').trim(), bodyBytes, isSecret);
  return {
    path: redactTarget(view.target, isSecret),
    headers: view.headers.map(([name, value]) => [name, redactHeader(name, value, isSecret)]),
    body: body.bytes,
    bodyTruncated: view.bodyTruncated || body.cut,
    ...(body.omitted && { bodyOmitted: body.omitted }),
  };
}

/** A request-target with its secrets masked: path segments after a secret word, and the query. */
export function redactTarget(target: string, isSecret: SecretNames): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const segments = redactText(path, isSecret).split('/');
  // `/reset-password/8f3a…` carries its secret as a segment; a word that follows, as in `/token/refresh`, is a name.
  const masked = segments.map((segment, i) =>
    i > 0 && segment.length >= 8 && /\d/.test(segment) && isSecret(segments[i - 1]!) ? mask(segment) : segment,
  );
  return masked.join('/') + (mark === -1 ? '' : `?${redactPairs(target.slice(mark + 1), isSecret)}`);
}

function redactHeader(name: string, value: string, isSecret: SecretNames): string {
  if (name === 'cookie' || name === 'set-cookie') return redactCookies(value);
  if (name === 'authorization' || name === 'proxy-authorization') {
    const scheme = /^\s*[A-Za-z][\w-]{0,31}\s+(?=\S)/.exec(value)?.[0] ?? '';
    return scheme + mask(value.slice(scheme.length));
  }
  return isSecret(name) ? mask(value) : redactText(value, isSecret);
}

/** Every value: which of them is the session cannot be told by its name. */
function redactCookies(value: string): string {
  return value
    .split(';')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals === -1 ? mask(pair) : pair.slice(0, equals + 1) + mask(pair.slice(equals + 1));
    })
    .join(';');
}

/** Read beyond the cut, so that a secret which straddles it is seen whole. */
const OVERLAP = 8192;
/** Bytes that a compressed body may grow to before it counts as unreadable. */
const MAX_INFLATED = 4 * 1024 * 1024;

interface RedactedBytes {
  readonly bytes: Buffer;
  readonly cut: boolean;
  readonly omitted?: 'encoding' | 'charset';
}

function redactBytes(
  body: Buffer,
  contentType: string,
  encoding: string,
  bodyBytes: number,
  isSecret: SecretNames,
): RedactedBytes {
  if (body.length === 0 || bodyBytes === 0) return { bytes: EMPTY, cut: body.length > 0 };
  const codec = encoding === '' || encoding === 'identity' ? IDENTITY : CODECS.get(encoding);
  const plain = decode(codec, body);
  if (plain === null) return { bytes: EMPTY, cut: true, omitted: 'encoding' };
  if (isWideText(plain, contentType)) return { bytes: EMPTY, cut: true, omitted: 'charset' };
  const text = plain.subarray(0, bodyBytes + OVERLAP).toString('latin1');
  const redacted = Buffer.from(redactBody(text, contentType, isSecret).slice(0, bodyBytes), 'latin1');
  return { bytes: codec!.encode(redacted), cut: plain.length > bodyBytes };
}

const EMPTY = Buffer.alloc(0);

interface Codec {
  readonly decode: (bytes: Buffer) => Buffer;
  readonly encode: (bytes: Buffer) => Buffer;
}

const LIMIT = { maxOutputLength: MAX_INFLATED };
const IDENTITY: Codec = { decode: (bytes) => bytes, encode: (bytes) => bytes };
const GZIP: Codec = { decode: (bytes) => gunzipSync(bytes, LIMIT), encode: (bytes) => gzipSync(bytes) };
const CODECS = new Map<string, Codec>([
  ['gzip', GZIP],
  ['x-gzip', GZIP],
  ['deflate', { decode: (bytes) => inflateSync(bytes, LIMIT), encode: (bytes) => deflateSync(bytes) }],
  ['br', { decode: (bytes) => brotliDecompressSync(bytes, LIMIT), encode: (bytes) => brotliCompressSync(bytes, FAST) }],
]);
/** Brotli's default quality, 11, would take longer than everything else here together. */
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

function decode(codec: Codec | undefined, body: Buffer): Buffer | null {
  if (codec === undefined) return null;
  try {
    return codec.decode(body);
  } catch {
    return null;
  }
}

/** UTF-16 and UTF-32, declared or not: no rule of ours would find anything between the NULs. Binary files are not text. */
function isWideText(body: Buffer, contentType: string): boolean {
  if (/utf-?(?:16|32)|ucs-?[24]/.test(contentType)) return true;
  if (!/^$|text|json|xml|urlencoded|javascript|graphql/.test(contentType)) return false;
  const head = body.subarray(0, 256);
  return head.filter((byte) => byte === 0).length > head.length / 10;
}

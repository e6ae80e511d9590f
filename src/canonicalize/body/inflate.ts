import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** A body after its Content-Encoding is undone, or why it could not be. */
export type Inflated = { readonly bytes: Buffer } | { readonly failed: 'unknown' | 'malformed' | 'too_large' };

/**
 * Undoes `Content-Encoding: gzip | deflate | br` (RFC 9110 section 8.4), at most two codings deep. A stream that breaks
 * off, as the head of a body cut by the proxy does, yields what it holds.
 *
 * @param maxBytes output at most; a bomb costs no more than this and comes back as `too_large`.
 */
export function inflate(body: Buffer, contentEncoding: string, maxBytes: number): Inflated {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > 2) return { failed: 'unknown' };
  let bytes = body;
  for (const coding of codings.reverse()) {
    const decode = DECODERS.get(coding);
    if (decode === undefined) return { failed: 'unknown' };
    try {
      bytes = decode(bytes, maxBytes);
    } catch (error) {
      return { failed: (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'malformed' };
    }
  }
  return { bytes };
}

type Decoder = (bytes: Buffer, maxOutputLength: number) => Buffer;

const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };
const gunzip: Decoder = (bytes, maxOutputLength) => gunzipSync(bytes, { ...FLUSH, maxOutputLength });
const brotli: Decoder = (bytes, maxOutputLength) =>
  brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength });

/** RFC 9110 asks for zlib's wrapper (RFC 1950: method 8, header divisible by 31); many clients send the bare stream. */
const deflate: Decoder = (bytes, maxOutputLength) => {
  const wrapped = bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
  return (wrapped ? inflateSync : inflateRawSync)(bytes, { ...FLUSH, maxOutputLength });
};

const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['br', brotli],
  ['deflate', deflate],
]);

import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** A body after its Content-Encoding is undone, or why it could not be. */
export type Inflated = { readonly bytes: Buffer } | { readonly failed: 'unknown' | 'malformed' | 'too_large' };

/**
 * Undoes `Content-Encoding: gzip | deflate | br` (RFC 9110 section 8.4), at most two codings deep.
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
    const decode = DECODERS[coding];
    if (decode === undefined) return { failed: 'unknown' };
    try {
      bytes = decode(bytes, { maxOutputLength: maxBytes });
    } catch (error) {
      return { failed: (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'malformed' };
    }
  }
  return { bytes };
}

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  br: brotliDecompressSync,
  // RFC 9110 asks for zlib's wrapper; many clients send the bare stream.
  deflate: (bytes, options) => ((bytes[0]! & 0x0f) === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options)),
};

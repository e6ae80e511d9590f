import * as zlib from 'node:zlib';
import { isGzip } from './gzip-header.js';
import { type Unpacked, unzstd } from './zstd.js';

/** A body after its Content-Encoding is undone, as far as it could be. */
export interface Inflated {
  /** Empty when nothing came out. */
  readonly bytes: Buffer;
  /** Bytes of the body that no output stands for; exact for one coding, the whole body for two when the outer one failed. */
  readonly unread: number;
  readonly failed?: 'unknown' | 'malformed' | 'too_large';
}

/** RFC 9110 section 8.4 sets no bound; nobody compresses twice by accident, and thrice is an attack on the reader. */
const MAX_CODINGS = 2;

/**
 * Undoes `Content-Encoding: gzip | deflate | br | zstd` (RFC 9110 section 8.4; zstd, RFC 8878 and 9659).
 * A stream that breaks off, is damaged or unfolds beyond the bound yields what it holds up to there.
 *
 * @param maxBytes output at most; a bomb costs a few times this and comes back as `too_large` with its first part.
 */
export function inflate(body: Buffer, contentEncoding: string, maxBytes: number): Inflated {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity' && coding !== 'aws-chunked');
  const unread = { bytes: NOTHING, unread: body.length };
  if (codings.length > MAX_CODINGS) return { ...unread, failed: 'unknown' };
  let result: Inflated = { bytes: body, unread: 0 };
  for (const coding of codings.reverse()) {
    const decode = DECODERS.get(coding);
    if (decode === undefined) return { ...unread, failed: 'unknown' };
    const inner = attempt(decode, result.bytes, maxBytes);
    const first = result.bytes === body;
    // Bytes that the inner coding left over are counted by their share of the body.
    const left = first ? inner.unread : Math.ceil((inner.unread / Math.max(1, result.bytes.length)) * body.length);
    result = {
      bytes: inner.bytes,
      unread: Math.min(body.length, result.unread + left),
      failed: result.failed ?? inner.failed,
    };
    if (result.bytes.length === 0) break;
  }
  return result;
}

/**
 * Decodes what it can of damaged and too large streams and says so in `failed`, or throws.
 *
 * @throws when the bytes are no such stream or unfold beyond `max`.
 */
type Decoder = (bytes: Buffer, max: number) => Unpacked;

/** Decodes all of it, or else, where the decoder throws, the longest of a few prefixes that decodes. */
function attempt(decode: Decoder, bytes: Buffer, max: number): Inflated {
  const first = tried(decode, bytes, bytes.length, max);
  if ('buffer' in first) return { bytes: first.buffer, unread: bytes.length - first.read, failed: first.failed };
  let best: { buffer: Buffer; read: number } = { buffer: NOTHING, read: 0 };
  let low = 0;
  let high = bytes.length;
  // A stream that unfolds too far is known to do so late at best; start where deflate cannot have exceeded the bound yet.
  let at = first.failed === 'too_large' ? Math.ceil(max / MAX_DEFLATE_RATIO) : high >> 1;
  for (let turn = 0; turn < MAX_TRIES && high - low > 1 && at > low; turn++) {
    const next = tried(decode, bytes, Math.min(at, high - 1), max);
    if ('buffer' in next) {
      low = Math.min(at, high - 1);
      best = { buffer: next.buffer, read: low };
      at =
        high === bytes.length && first.failed === 'too_large'
          ? Math.min(low * 2, (low + high) >> 1)
          : (low + high) >> 1;
    } else {
      high = Math.min(at, high - 1);
      at = (low + high) >> 1;
    }
  }
  return { bytes: best.buffer, unread: bytes.length - best.read, failed: first.failed };
}

const MAX_DEFLATE_RATIO = 1032;
/** Each costs at most as much as inflating to the bound once. */
const MAX_TRIES = 8;

function tried(decode: Decoder, bytes: Buffer, length: number, max: number) {
  try {
    return decode(length === bytes.length ? bytes : bytes.subarray(0, length), max);
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { failed: tooLarge ? ('too_large' as const) : ('malformed' as const) };
  }
}

const NOTHING = Buffer.alloc(0);

/** With `info`, zlib's functions also return the engine, which knows how much input it took; the types lack it. */
type WithInfo = { buffer: Buffer; engine: { bytesWritten: number } };

function decoder(decode: (bytes: Buffer, options: object) => unknown, finishFlush: number): Decoder {
  return (bytes, maxOutputLength) => {
    const { buffer, engine } = decode(bytes, { finishFlush, maxOutputLength, info: true }) as WithInfo;
    return { buffer, read: Math.min(bytes.length, engine.bytesWritten) };
  };
}

const gunzip = decoder(zlib.gunzipSync, zlib.constants.Z_SYNC_FLUSH);
const inflateWrapped = decoder(zlib.inflateSync, zlib.constants.Z_SYNC_FLUSH);
const inflateBare = decoder(zlib.inflateRawSync, zlib.constants.Z_SYNC_FLUSH);

/** RFC 9110 asks for zlib's wrapper (RFC 1950: method 8, header divisible by 31); many clients send the bare stream. */
const deflate: Decoder = (bytes, max) =>
  (isWrapped(bytes) ? inflateWrapped : isGzip(bytes) ? gunzip : inflateBare)(bytes, max);

/** Lenient readers go by the first bytes, whichever of the two formats is declared. */
const gzip: Decoder = (bytes, max) => (isWrapped(bytes) ? inflateWrapped : gunzip)(bytes, max);

function isWrapped(bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', deflate],
  ['br', decoder(zlib.brotliDecompressSync, zlib.constants.BROTLI_OPERATION_FLUSH)],
  ['zstd', unzstd],
]);

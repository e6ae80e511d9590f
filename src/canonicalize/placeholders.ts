import { MARKERS } from './markers.js';

/**
 * Replaces what carries identity but no meaning (ids, tokens, times, long numbers) by one marker each, so that the model
 * and the cache see the kind instead of the value. Only letters, digits and the fixed separators of UUIDs, JWTs and
 * ISO 8601 times are ever replaced: other punctuation is never swallowed, so no payload can hide in a placeholder.
 *
 * @param text decoded text without markers.
 */
export function replaceIds(text: string): string {
  let out = text;
  // Every kind but runs of undecodable bytes needs a digit.
  if (DIGIT.test(out)) {
    if (out.includes('-')) out = out.replace(UUID, MARKERS.UUID);
    if (out.includes('eyJ')) out = out.replace(JWT, MARKERS.JWT);
    if (out.includes(':')) out = out.replace(ISO_TIME, MARKERS.TIME);
    if (LONG_RUN.test(out)) {
      out = out.replace(HEX, MARKERS.HEX).replace(OPAQUE, MARKERS.OPAQUE);
    }
    out = out.replace(EPOCH, MARKERS.TIME).replace(LONG_NUMBER, MARKERS.NUMBER);
  }
  return out.includes('\ufffd') ? out.replace(UNDECODABLE, MARKERS.BYTES) : out;
}

const DIGIT = /[0-9]/;
const LONG_RUN = /[0-9A-Za-z]{12}/;
/** RFC 9562. */
const UUID = /(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z])/g;
/** RFC 7519: a JSON header in base64url, two dots. */
const JWT = /(?<![0-9A-Za-z])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;
/** RFC 3339 with seconds and zone optional. */
const ISO_TIME = /(?<![0-9A-Za-z])\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?![0-9A-Za-z])/g;
const HEX = /(?<![0-9A-Za-z])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{12,}(?<=[A-Fa-f][0-9A-Fa-f]*)(?![0-9A-Za-z])/g;
/** Letters and digits both, at least 16: session ids, keys, base62. */
const OPAQUE = /(?<![0-9A-Za-z])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[0-9A-Za-z]{16,}(?![0-9A-Za-z])/g;
/** Unix time in seconds, milliseconds or microseconds, 2001 to 2033. */
const EPOCH = /(?<![0-9A-Za-z])1[0-9]{9}(?:[0-9]{3}|[0-9]{6})?(?![0-9A-Za-z])/g;
const LONG_NUMBER = /(?<![0-9A-Za-z])[0-9]{5,}(?![0-9A-Za-z])/g;
const UNDECODABLE = /\ufffd+/g;

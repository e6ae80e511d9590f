/**
 * Undoes percent-encoding once (RFC 3986 section 2.1), and the non-standard `%uXXXX` of old ECMAScript `escape()`
 * (ECMA-262 annex B.2.1.1), which IIS and several decoders still accept. A `%` not followed by two hex digits stays.
 *
 * @param bytes byte string (one byte a UTF-16 unit) or text; units above 0xff pass through untouched.
 * @returns the decoded byte string, the same object when there was nothing to undo.
 */
export function decodePercent(bytes: string): string {
  let at = bytes.indexOf('%');
  if (at < 0) return bytes;
  let out = '';
  let copied = 0;
  while (at >= 0 && at + 2 < bytes.length) {
    const high = HEX[bytes.charCodeAt(at + 1)] ?? -1;
    const low = HEX[bytes.charCodeAt(at + 2)] ?? -1;
    if (high >= 0 && low >= 0) {
      out += bytes.slice(copied, at) + LATIN1[(high << 4) | low];
      copied = at + 3;
      at = bytes.indexOf('%', copied);
      continue;
    }
    const unit = (bytes.charCodeAt(at + 1) | 0x20) === 0x75 ? hexUnit(bytes, at + 2) : -1;
    if (unit >= 0) {
      // `escape()` writes characters beyond U+FFFF as two surrogates.
      const low =
        isHigh(unit) && bytes[at + 6] === '%' && (bytes.charCodeAt(at + 7) | 0x20) === 0x75
          ? hexUnit(bytes, at + 8)
          : -1;
      const units = low >= 0xdc00 && low <= 0xdfff ? String.fromCharCode(unit, low) : String.fromCharCode(unit);
      // Back to UTF-8 bytes, so that `%u` and plain percent-encoding mix in one value.
      out += bytes.slice(copied, at) + Buffer.from(units, 'utf8').toString('latin1');
      copied = at + 6 * units.length;
      at = bytes.indexOf('%', copied);
      continue;
    }
    at = bytes.indexOf('%', at + 1);
  }
  return copied === 0 ? bytes : out + bytes.slice(copied);
}

/** Value of each ASCII hex digit, -1 elsewhere. */
const HEX: readonly number[] = Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? -1 : value;
});
const LATIN1: readonly string[] = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function hexUnit(text: string, from: number): number {
  if (from + 4 > text.length) return -1;
  let unit = 0;
  for (let i = from; i < from + 4; i++) {
    const digit = HEX[text.charCodeAt(i)] ?? -1;
    if (digit < 0) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}

/**
 * Undoes percent-encoding once (RFC 3986 section 2.1), and the non-standard `%uXXXX` of old ECMAScript `escape()`
 * (ECMA-262 annex B.2.1.1), which IIS and several decoders still accept. A `%` not followed by two hex digits stays.
 *
 * @param text byte string (one byte a UTF-16 unit) or text; units above 0xff pass through untouched.
 * @param plus read `+` as a blank.
 * @returns the decoded byte string, the same object when there was nothing to undo.
 */
export function decodePercent(text: string, plus = false): string {
  if (!text.includes('%') && !(plus && text.includes('+'))) return text;
  const { length } = text;
  // What comes out is never longer than what goes in.
  const { units, copy, bytes } = length <= SCRATCH.units.length ? SCRATCH : new Scratch(length);
  copy.write(text, 'utf16le');
  const plusByte = plus ? BLANK : PLUS;
  let all = 0;
  let n = 0;
  for (let at = 0; at < length; at++) {
    const code = units[at]!;
    all |= code;
    if (code !== PERCENT || at + 2 >= length) {
      bytes[n++] = code === PLUS ? plusByte : code;
      continue;
    }
    const byte = hexByte(text, at + 1);
    const unit = byte < 0 && isU(units[at + 1]!) ? hexUnit(text, at + 2) : -1;
    if (byte >= 0) {
      bytes[n++] = byte;
      at += 2;
    } else if (unit >= 0) {
      // `escape()` writes characters beyond U+FFFF as two surrogates.
      const paired = isHigh(unit) && text.charCodeAt(at + 6) === PERCENT && isU(text.charCodeAt(at + 7));
      const low = paired ? hexUnit(text, at + 8) : -1;
      const both = low >= 0xdc00 && low <= 0xdfff;
      // Back to UTF-8 bytes, so that `%u` and plain percent-encoding mix in one value.
      n += bytes.write(both ? String.fromCharCode(unit, low) : String.fromCharCode(unit), n, 'utf8');
      at += both ? 11 : 5;
    } else bytes[n++] = code;
  }
  return all > 0xff ? decodeRuns(plus ? text.replaceAll('+', ' ') : text) : bytes.toString('latin1', 0, n);
}

/** The same for text that is no byte string. */
function decodeRuns(text: string): string {
  return text.replace(RUN, (run) => decodePercent(run));
}

const RUN = /(?:%(?:[0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4}))+/g;
const PERCENT = 0x25;
const PLUS = 0x2b;
const BLANK = 0x20;

class Scratch {
  readonly units: Uint16Array<ArrayBuffer>;
  /** The same memory as `units`. */
  readonly copy: Buffer;
  readonly bytes: Buffer;

  constructor(length: number) {
    this.units = new Uint16Array(length);
    this.copy = Buffer.from(this.units.buffer);
    this.bytes = Buffer.allocUnsafeSlow(length);
  }
}

const SCRATCH = new Scratch(16_384);

/** Value of each ASCII hex digit, -1 elsewhere. */
const HEX = Int8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? -1 : value;
});

function hexDigit(code: number): number {
  return code < 128 ? HEX[code]! : -1;
}

/** The byte that two hex digits stand for; a negative number where there are none. */
export function hexByte(text: string, from: number): number {
  const high = hexDigit(text.charCodeAt(from));
  return high < 0 ? -1 : (high << 4) | hexDigit(text.charCodeAt(from + 1));
}

function isU(code: number): boolean {
  return (code | 0x20) === 0x75;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function hexUnit(text: string, from: number): number {
  if (from + 4 > text.length) return -1;
  const high = hexByte(text, from);
  const low = hexByte(text, from + 2);
  return high < 0 || low < 0 ? -1 : (high << 8) | low;
}

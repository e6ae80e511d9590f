import { printableRuns } from '../body/binary.js';
import { BASE64_DIGITS, isNoText, isPrintable } from './base64-bytes.js';
import { withBlanks } from './charset.js';

/**
 * The text inside a value that is base64 or base64url as a whole (RFC 4648 sections 4 and 5), wrapped lines (RFC 2045),
 * `data:` URLs (RFC 2397) and stray characters that lenient decoders skip included. Of serialized objects (Java, .NET,
 * Python) the printable runs; UTF-16 text (PowerShell) as text.
 *
 * @param value decoded text; a blank is read as the `+` that a form made of it.
 * @param stray known to have some character that is no digit of base64, padding, blank or line end.
 * @returns text when the value is at least 16 characters of the alphabet and decodes to at least 8 bytes of which 95 %
 *   are printable (of 12 to 15 characters: all, and not words alone); `undefined` otherwise, so that opaque ids are not
 *   mistaken for text.
 */
export function textInBase64(value: string, stray = false): string | undefined {
  if (value.length < MIN) return undefined;
  let digits = value;
  if (value.charCodeAt(0) === 0x64) {
    const data = DATA_URL.exec(value);
    if (data !== null) digits = value.slice(data[0].length);
  }
  if ((stray && digits === value) || !WHOLE.test(digits)) return textBetweenStrays(digits);
  if (!BLANK.test(digits)) return textOf(digits);
  const isLined = LINE_END.test(digits);
  // Most prose without punctuation ends here.
  if (!isLined && !isSerialized(digits) && isNoText(digits, ODD_SHARE)) return textBetweenStrays(digits);
  return textOf((isLined ? digits.replace(LINE_ENDS, '') : digits).replaceAll(' ', '+')) ?? textBetweenStrays(digits);
}

/** The same with what is no digit left out, of which there may be one for three digits; tells by the first bytes. */
function textBetweenStrays(value: string): string | undefined {
  if (value.length < MIN_STRAY || !startsAsAscii(value) || PADDED.test(value)) return undefined;
  const start = value.slice(0, SAMPLE).replace(STRAY, '');
  if (start.length < Math.min(value.length, SAMPLE) * 0.75 || !VISIBLE.test(Buffer.from(start, 'base64').toString()))
    return undefined;
  const digits = value.replace(STRAY, '');
  return digits.length < value.length * 0.75 ? undefined : textOf(digits, 0);
}

/** @param oddShare of the characters that come out may be no text. */
function textOf(digits: string, oddShare = ODD_SHARE): string | undefined {
  const serialized = isSerialized(digits);
  const isShort = digits.length < MIN_LAX;
  if (isShort && !serialized && digits.length % 4 !== 0) return undefined;
  if (!serialized && isNoText(digits, isShort ? 0 : oddShare)) return undefined;
  const bytes = Buffer.from(digits, 'base64');
  if (bytes.length < 8) return undefined;
  if (serialized) return printableRuns(bytes.toString('latin1')).runs.join('\n');
  if (isShort) {
    const short = bytes.toString('latin1');
    return SHORT.test(short) ? short : undefined;
  }
  // Prose looks like base64 once blanks are allowed; its first bytes give it away.
  const isUtf16 = bytes[1] === 0 && bytes[3] === 0 && bytes[5] === 0;
  const plain = bytes.toString(isUtf16 ? 'utf16le' : 'utf8');
  const text = (plain.includes('\ufffd') ? withBlanks(bytes.toString('latin1')) : undefined) ?? plain;
  let odd = 0;
  const allowed = oddShare * text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code === 0xfffd || !isPrintable(code)) && ++odd > allowed) return undefined;
  }
  return text;
}

const ODD_SHARE = 0.05;
const MIN = 12;
const MIN_STRAY = 24;
const SAMPLE = 32;
/** Padding of one's own, after which no stray is left. */
const PADDED = /^[A-Za-z0-9+/_-]+[^A-Za-z0-9]{0,4}$/;
const STRAY = /[^A-Za-z0-9+/_-]+/g;
const VISIBLE = /^[\x20-\x7e\t\r\n]+\ufffd?$/;
/** Java's stream magic, .NET's BinaryFormatter header, pickle protocols 2 to 5. */
const SERIALIZED = /^(?:rO0AB|AAEAAAD\/\/\/\/\/|gA[I-R]|gASV|gAWV)/;
const MIN_LAX = 16;

function isSerialized(digits: string): boolean {
  const first = digits.charCodeAt(0);
  return (first === LOWER_R || first === UPPER_A || first === LOWER_G) && SERIALIZED.test(digits);
}

const LOWER_R = 0x72;
const UPPER_A = 0x41;
const LOWER_G = 0x67;
const DATA_URL = /^data:[\w.+/-]{0,80}(?:;[\w.+=-]{1,40}){0,4};base64,/;
const WHOLE = /^[A-Za-z0-9+/_-][A-Za-z0-9+/_ \r\n-]*={0,2}$/;
const BLANK = /[ \r\n]/;
const LINE_END = /[\r\n]/;
const LINE_ENDS = /[\r\n]+/g;
/** Visible ASCII with some syntax in it. */
const SHORT = /^(?=.*[^A-Za-z0-9_ -])[\x20-\x7e]+$/;

/** Whether the first digits decode to bytes below 128: a word of prose rarely does. */
function startsAsAscii(value: string): boolean {
  let digits = 0;
  for (let i = 0; i < SAMPLE && digits < 12; i++) {
    const code = value.charCodeAt(i);
    const digit = code < 128 ? BASE64_DIGITS[code]! : -1;
    if (digit < 0) continue;
    if ((digit & TOP_BIT[digits & 3]!) !== 0) return false;
    digits++;
  }
  return true;
}

/** Where the highest bit of a byte stands in the first, second and third digit of four. */
const TOP_BIT = [0x20, 0x08, 0x02, 0];

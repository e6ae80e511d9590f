import { MARKER_BASE, MARKER_COUNT } from './markers.js';
import { suspicionOf } from './suspicion.js';
import { copyUnits, MAX_COPIED, MIN_COPIED, UNITS } from './units.js';

/** Some decoder may act on it: `%`, `&`, `+`, a back-slash, anything beyond ASCII. */
export const UNSETTLED = 1;
export const DIGIT = 2;
/** `{` or `[`. */
export const OPENER = 4;
/** `/` or `<`, without which there is no comment. */
export const COMMENT = 8;
export const NUL = 16;
/** Not of base64's alphabets, its padding, or what wraps its lines. */
export const STRAY = 32;
export const WIDE = 64;
/** A line end: LF or CR. */
export const LINE = 128;
/** What holds the languages together that payloads are written in. */
export const SYNTAX = 256;
/** A blank or line end that canonical text has another one for. */
export const BLANK = 512;
/** Of the block that markers are taken from. */
export const MARKER = 1024;
/** U+FFFD, which bytes become that are no text. */
export const UNDECODABLE = 2048;
/** What {@link suspicionOf} counts. */
export const SUSPICIOUS = 4096;

/**
 * What kinds of characters a text holds, as the sum of the constants above: one scan that tells most values from all that
 * further readings look for.
 */
export function traitsOf(text: string): number {
  const { length } = text;
  if (length < MIN_COPIED) {
    let traits = 0;
    for (let i = 0; i < length; i++) traits |= TRAITS[text.charCodeAt(i)]!;
    return traits;
  }
  if (length <= MAX_COPIED) return traitsOfCopy(text);
  let traits = 0;
  for (let from = 0; from < length; from += MAX_COPIED) traits |= traitsOfCopy(text.slice(from, from + MAX_COPIED));
  return traits;
}

function traitsOfCopy(text: string): number {
  const length = copyUnits(text);
  let traits = 0;
  let i = 0;
  // Eight at a time, since the loop itself costs more than what it does.
  for (; i + 7 < length; i += 8) {
    traits |=
      TRAITS[UNITS[i]!]! |
      TRAITS[UNITS[i + 1]!]! |
      TRAITS[UNITS[i + 2]!]! |
      TRAITS[UNITS[i + 3]!]! |
      TRAITS[UNITS[i + 4]!]! |
      TRAITS[UNITS[i + 5]!]! |
      TRAITS[UNITS[i + 6]!]! |
      TRAITS[UNITS[i + 7]!]!;
  }
  for (; i < length; i++) traits |= TRAITS[UNITS[i]!]!;
  return traits;
}

/** Of each UTF-16 unit. */
const TRAITS = new Uint16Array(0x10000).fill(UNSETTLED | STRAY | WIDE);
for (let code = 0; code < 0x80; code++) {
  const character = String.fromCharCode(code);
  TRAITS[code] =
    (/[%&+\\]/.test(character) ? UNSETTLED : 0) |
    (/[0-9]/.test(character) ? DIGIT : 0) |
    (/[{[]/.test(character) ? OPENER : 0) |
    (/[/<]/.test(character) ? COMMENT : 0) |
    (code === 0 ? NUL : 0) |
    (/[A-Za-z0-9+/_=\x20\r\n-]/.test(character) ? 0 : STRAY) |
    (/[\n\r]/.test(character) ? LINE : 0) |
    (/['"`()<>;|$={}*]/.test(character) ? SYNTAX : 0) |
    (/[\t\v\f\r]/.test(character) ? BLANK : 0) |
    (suspicionOf(character) > 0 ? SUSPICIOUS : 0);
}
for (const code of [0x85, 0x1680, 0x2028, 0x2029]) TRAITS[code]! |= BLANK;
for (let code = MARKER_BASE; code < MARKER_BASE + MARKER_COUNT; code++) TRAITS[code]! |= MARKER;
TRAITS[0xfffd]! |= UNDECODABLE;

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
/** A blank of ASCII other than U+0020 and LF. */
export const BLANK = 512;

/**
 * What kinds of characters a text holds, as the sum of the constants above: one scan that tells most values from all that
 * further readings look for.
 */
export function traitsOf(text: string): number {
  const { length } = text;
  let traits = 0;
  // A block at a time, since a long text that has them all has them early.
  for (let from = 0; from < length && traits !== ALL; from += BLOCK) {
    const to = Math.min(length, from + BLOCK);
    for (let i = from; i < to; i++) {
      const code = text.charCodeAt(i);
      traits |= code < 128 ? TRAITS[code]! : BEYOND_ASCII;
    }
  }
  return traits;
}

const BLOCK = 512;
const ALL = UNSETTLED | DIGIT | OPENER | COMMENT | NUL | STRAY | WIDE | LINE | SYNTAX | BLANK;

const BEYOND_ASCII = UNSETTLED | STRAY | WIDE;
const TRAITS = Uint16Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return (
    (/[%&+\\]/.test(character) ? UNSETTLED : 0) |
    (/[0-9]/.test(character) ? DIGIT : 0) |
    (/[{[]/.test(character) ? OPENER : 0) |
    (/[/<]/.test(character) ? COMMENT : 0) |
    (code === 0 ? NUL : 0) |
    (/[\n\r]/.test(character) ? LINE : 0) |
    (/[\t\v\f\r]/.test(character) ? BLANK : 0) |
    (/['"`()<>;|$={}*]/.test(character) ? SYNTAX : 0) |
    (/[A-Za-z0-9+/_=\x20\r\n-]/.test(character) ? 0 : STRAY)
  );
});

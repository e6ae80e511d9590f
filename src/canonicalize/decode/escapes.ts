/**
 * Undoes the numeric escapes of programming languages once: `\xNN`, `\x{N…}`, `\uNNNN`, `\u{N…}` (ECMA-262 section
 * 12.9.4, JSON, PHP, Python, Java, shells' `$'…'`), octal `\NNN` (ECMA-262 annex B.1.2, PHP, C, quoted cookies of RFC
 * 2109), and CSS `\3c ` (CSS Syntax section 4.3.7). Octal and CSS only where a visible ASCII character comes out, and
 * other backslashes stay: `\n` in a Windows path is no escape.
 *
 * @returns the same string when there was nothing to undo; surrogates without a partner become U+FFFD later.
 */
export function decodeEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (whole, four?: string, braced?: string, two?: string, digits?: string, blank = '') => {
    if (digits !== undefined) return octal(digits, blank) ?? css(digits) ?? whole;
    const code = Number.parseInt(four ?? braced ?? two ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const ESCAPE =
  /\\(?:u+([0-9A-Fa-f]{4})|[ux]\{0{0,4}([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|([0-9A-Fa-f]{2,6})([ \t\n\r\f]?))/g;
const OCTAL = /^[01][0-7]{2}/;
/** Two octal digits read as CSS too; this reading is taken where it yields punctuation. */
const SHORT_OCTAL = /^[4-7][0-7]$/;
const CSS = /^0{0,4}[2-7][0-9A-Fa-f]$/;

/** @param blank white space after the digits, which octal escapes do not swallow. */
function octal(digits: string, blank: string): string | undefined {
  if (OCTAL.test(digits)) {
    const code = Number.parseInt(digits.slice(0, 3), 8);
    return isVisible(code) ? String.fromCharCode(code) + digits.slice(3) + blank : undefined;
  }
  if (!SHORT_OCTAL.test(digits)) return undefined;
  const character = String.fromCharCode(Number.parseInt(digits, 8));
  return PUNCTUATION.test(character) ? character + blank : undefined;
}

const PUNCTUATION = /[ -/:-@[-`{-~]/;

function css(digits: string): string | undefined {
  if (!CSS.test(digits)) return undefined;
  const code = Number.parseInt(digits, 16);
  return isVisible(code) ? String.fromCharCode(code) : undefined;
}

function isVisible(code: number): boolean {
  return code >= 0x20 && code <= 0x7e;
}

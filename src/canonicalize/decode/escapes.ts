/**
 * Undoes `\xNN`, `\uNNNN` and `\u{N…}` once: the escapes of JavaScript, JSON, PHP, Python and shells' `$'…'`
 * (ECMA-262 section 12.9.4). Other backslashes stay: `\n` in a Windows path is no escape.
 *
 * @returns the same string when there was nothing to undo; surrogates without a partner become U+FFFD.
 */
export function decodeEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (whole, four?: string, braced?: string, two?: string) => {
    const code = Number.parseInt(four ?? braced ?? two ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2}))/g;

/**
 * The text inside a value that is base64 or base64url as a whole (RFC 4648 sections 4 and 5), wrapped lines (RFC 2045)
 * and `data:` URLs (RFC 2397) included.
 *
 * @param value decoded text; a blank is read as the `+` that a form made of it.
 * @returns text when the value is at least 16 characters of the alphabet and decodes to at least 8 bytes of which 95 %
 *   are printable (of 12 to 15 characters: all, and not words alone); `undefined` otherwise, so that opaque ids are not
 *   mistaken for text.
 */
export function textInBase64(value: string): string | undefined {
  if (value.length < MIN) return undefined;
  let digits = value;
  if (value.charCodeAt(0) === 0x64) {
    const data = DATA_URL.exec(value);
    if (data !== null) digits = value.slice(data[0].length);
  }
  if (!WHOLE.test(digits)) return undefined;
  if (BLANK.test(digits)) digits = digits.replace(LINE_ENDS, '').replaceAll(' ', '+');
  const bytes = Buffer.from(digits, 'base64');
  if (bytes.length < 8) return undefined;
  if (digits.length < MIN_LAX) {
    const short = bytes.toString('latin1');
    return digits.length % 4 === 0 && SHORT.test(short) ? short : undefined;
  }
  // Prose looks like base64 once blanks are allowed; its first bytes give it away.
  const text = bytes.toString('utf8');
  let odd = 0;
  const allowed = 0.05 * text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const printable =
      (code >= 0x20 && code !== 0x7f && code !== 0xfffd) || code === 0x09 || code === 0x0a || code === 0x0d;
    if (!printable && ++odd > allowed) return undefined;
  }
  return text;
}

const MIN = 12;
const MIN_LAX = 16;
const DATA_URL = /^data:[\w.+/-]{0,80}(?:;[\w.+=-]{1,40}){0,4};base64,/;
const WHOLE = /^[A-Za-z0-9+/_-][A-Za-z0-9+/_ \r\n-]*={0,2}$/;
const BLANK = /[ \r\n]/;
const LINE_ENDS = /[\r\n]+/g;
/** Visible ASCII with some syntax in it. */
const SHORT = /^(?=.*[^A-Za-z0-9_ -])[\x20-\x7e]+$/;

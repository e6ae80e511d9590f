import type { Charset } from './declared-charset.js';

/**
 * Whether bytes make sense in a charset only in which ASCII characters have other bytes: the text is clean, and whoever
 * reads the bytes as they stand finds no words in them, but zeros (UTF-16, UTF-32) and bytes beyond ASCII.
 *
 * @param bytes byte string.
 * @param text the same in the charset.
 */
export function isUnlikeAscii(bytes: string, text: string, charset: Charset): boolean {
  const unit = charset.unit ?? 1;
  if (text === '' || bytes.length % unit !== 0 || NO_TEXT.test(text)) return false;
  let run = 0;
  let ascii = 0;
  for (let i = 0; i < bytes.length; i += unit) {
    let zeros = 0;
    let sum = 0;
    for (let k = i; k < i + unit; k++) {
      const byte = bytes.charCodeAt(k);
      if (byte === 0) zeros++;
      sum += byte;
    }
    if (unit > 1 && zeros === unit - 1) {
      if (sum < 0x80) ascii++;
      run = 0;
      continue;
    }
    for (let k = i; k < i + unit; k++) {
      run = isVisible(bytes.charCodeAt(k)) ? run + 1 : 0;
      if (run === MIN_WORDS) return false;
    }
  }
  // An ASCII character among zeros must be one of the text, too, unless the text is in the wrong byte order.
  return unit === 1 || ascii === countAscii(text);
}

function countAscii(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x80) count++;
  return count;
}

/** As short as words with some syntax are; half a dozen bytes of punctuation in EBCDIC, or of Chinese in UTF-16, reach it. */
const MIN_WORDS = 6;
const NO_TEXT =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function isVisible(code: number): boolean {
  return code >= 0x20 && code <= 0x7e;
}

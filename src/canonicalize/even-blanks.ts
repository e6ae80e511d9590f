import { BLANK, traitsOf } from './traits.js';

/**
 * A text with one kind of blank and one kind of line end, since the languages that payloads are written in know no
 * difference: tabs, form feeds and Ogham's blank become U+0020 (all other blanks of Unicode did so in NFKC), and CRLF, a
 * lone CR, NEL (EBCDIC's line end) and the separators U+2028 and U+2029 become LF. As many blanks as there were stay, and
 * line ends stay line ends: a header ends at one. Controls that are no blanks stay.
 *
 * @param text decoded text.
 * @param traits of the text.
 * @returns the same string when there is nothing to change. Linear.
 */
export function evenBlanks(text: string, traits = traitsOf(text)): string {
  if ((traits & BLANK) === 0) return text;
  return text.replace(LINE_END, '\n').replace(ODD_BLANK, ' ');
}

const LINE_END = /\r\n?|[\x85\u2028\u2029]/g;
const ODD_BLANK = /[\t\v\f\u1680]/g;

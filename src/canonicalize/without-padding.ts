import { suspicionOf } from './suspicion.js';
import { unitsOf } from './units.js';

/**
 * The further reading of a value in which something odd stands amid many plain words: of each long run of them only the
 * words beside the rest are left. Benign words around a payload are the cheapest way to make the text it stands in look
 * ordinary (Lowd and Meek, Good Word Attacks on Statistical Spam Filters, CEAS 2005). The value as it stands is scored in
 * any case.
 *
 * A plain word is of letters and digits, at most 24 units of them, an apostrophe between two (`isn't`) among these, with a
 * mark of prose behind it or none; one blank or line end stands between two.
 *
 * @param text with even blanks.
 * @returns `undefined` where no run is that long, or nothing but runs and the marks of prose would be left. Linear.
 */
export function withoutPadding(text: string): string | undefined {
  const { length } = text;
  if (length < MIN_TEXT || !text.includes(' ')) return undefined;
  const units = unitsOf(text);
  let out = '';
  let copied = 0;
  for (let begin = 0; begin < length; ) {
    let words = 0;
    let firstEnd = 0;
    let last = 0;
    let at = begin;
    for (let end = wordEnd(units, length, at); end >= 0; end = wordEnd(units, length, at)) {
      if (words++ === 0) firstEnd = end;
      last = at;
      at = end + 1;
    }
    if (words >= MIN_RUN) {
      out += text.slice(copied, begin === 0 ? 0 : firstEnd + 1);
      copied = at > length ? length : last;
    }
    begin = blankAt(units, length, at) + 1;
  }
  if (copied === 0) return undefined;
  out += text.slice(copied);
  return suspicionOf(out) > 0 ? out.trimEnd() : undefined;
}

/** More than payloads have of their own: the words of `union all select a from b` stay together. */
const MIN_RUN = 8;
/** Shorter than so many words and what they hide. */
const MIN_TEXT = 2 * MIN_RUN + 4;
const MAX_WORD = 24;

/** Where the plain word that begins at `from` ends: before a blank, a line end or the text's end; -1 where none begins. */
function wordEnd(units: Uint16Array, length: number, from: number): number {
  const stop = Math.min(length, from + MAX_WORD);
  let at = from;
  while (at < stop && KIND[units[at]!] === LETTER) at++;
  if (at === from) return -1;
  if (at < stop && isApostrophe(units[at]!)) {
    const behind = at + 1;
    at = behind;
    while (at < stop && KIND[units[at]!] === LETTER) at++;
    if (at === behind) return -1;
  }
  if (at < length && KIND[units[at]!] === MARK) at++;
  return at === length || KIND[units[at]!] === BLANK ? at : -1;
}

function isApostrophe(unit: number): boolean {
  return unit === 0x27 || unit === 0x2019;
}

/** Offset of the next blank or line end, or the text's length. */
function blankAt(units: Uint16Array, length: number, from: number): number {
  let at = from;
  while (at < length && KIND[units[at]!] !== BLANK) at++;
  return at;
}

const LETTER = 1;
const MARK = 2;
const BLANK = 3;
/** Of each UTF-16 unit; letters beyond the first plane break a run. */
const KIND = new Uint8Array(0x10000);
for (let code = 0; code < 0x10000; code++) {
  if (/[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(code))) KIND[code] = LETTER;
}
for (const mark of '.,;:!?') KIND[mark.charCodeAt(0)] = MARK;
for (const blank of ' \n') KIND[blank.charCodeAt(0)] = BLANK;

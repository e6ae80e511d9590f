import { suspicionOf } from './suspicion.js';

/**
 * The further reading of a value in which something odd stands amid many plain words: of each long run of them only the
 * words beside the rest are left. Benign words around a payload are the cheapest way to make the text it stands in look
 * ordinary (Lowd and Meek, Good Word Attacks on Statistical Spam Filters, CEAS 2005). The value as it stands is scored in
 * any case.
 *
 * A plain word is of letters and digits, at most 24 of them, with a mark of prose behind it or none; one blank or line end
 * stands between two.
 *
 * @param text with even blanks.
 * @returns `undefined` where no run is that long, or nothing but runs and the marks of prose would be left. Linear.
 */
export function withoutPadding(text: string): string | undefined {
  if (text.length < MIN_TEXT || !text.includes(' ')) return undefined;
  let out = '';
  let copied = 0;
  let words = 0;
  /** Where the run's first word begins and ends, and where its last one begins. */
  let begin = 0;
  let firstEnd = 0;
  let last = 0;
  const endRun = (to: number): void => {
    if (words >= MIN_RUN) {
      out += text.slice(copied, begin === 0 ? 0 : firstEnd + 1);
      copied = to === text.length ? to : last;
    }
    words = 0;
  };
  for (let from = 0; from <= text.length; ) {
    const end = wordEnd(text, from);
    if (end < 0) {
      endRun(from - 1);
      from = blankAt(text, from) + 1;
      continue;
    }
    if (words++ === 0) {
      begin = from;
      firstEnd = end;
    }
    last = from;
    from = end + 1;
  }
  endRun(text.length);
  if (copied === 0) return undefined;
  out += text.slice(copied);
  return suspicionOf(out) > 0 ? out.trimEnd() : undefined;
}

/** Payloads have runs of words of their own, as long as SQL's clauses: `union all select a from b where c`. */
const MIN_RUN = 8;
/** Shorter than so many words and what they hide. */
const MIN_TEXT = 2 * MIN_RUN + 4;
const MAX_WORD = 24;

/** Where the plain word that begins at `from` ends: before a blank, a line end or the text's end; -1 where none begins. */
function wordEnd(text: string, from: number): number {
  const stop = Math.min(text.length, from + MAX_WORD);
  let at = from;
  while (at < stop && KIND[text.charCodeAt(at)] === LETTER) at++;
  if (at === from) return -1;
  if (at < text.length && KIND[text.charCodeAt(at)] === MARK) at++;
  return at === text.length || isBlank(text.charCodeAt(at)) ? at : -1;
}

/** Offset of the next blank or line end, or the text's length. */
function blankAt(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a;
}

const LETTER = 1;
const MARK = 2;
/** Of each UTF-16 unit; letters beyond the first plane break a run. */
const KIND = new Uint8Array(0x10000);
for (let code = 0; code < 0x10000; code++) {
  if (/[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(code))) KIND[code] = LETTER;
}
for (const mark of '.,;:!?') KIND[mark.charCodeAt(0)] = MARK;

import { cutsPair } from './surrogates.js';

/**
 * The further reading of a value whose words stand apart by other than one blank each: line ends, runs of blanks, as
 * `1'%0AOR%0A1=1` has them. Every such run is one blank in it. Prose in lines and paragraphs has plain blanks between most
 * words and yields nothing.
 *
 * @param text with even blanks.
 * @returns the text so read (of a long text its parts so written), or `undefined` where fewer than three words in a row
 *   stand apart so, and the value has plain blanks, or fewer than two in all. Linear.
 */
export function foldBlanks(text: string): string | undefined {
  const stretches: { from: number; to: number }[] = [];
  const end = text.trimEnd().length;
  let count = 0;
  let inRow = 0;
  let from = 0;
  let last = text.length - text.trimStart().length;
  let isAll = true;
  let blank = text.indexOf(' ', last);
  ODD.lastIndex = last;
  for (let odd = ODD.exec(text); odd !== null && odd.index < end; odd = ODD.exec(text)) {
    count++;
    const start = odd.index;
    if (blank >= 0 && blank < last) blank = text.indexOf(' ', last);
    if (blank >= 0 && blank < start) {
      isAll = false;
      inRow = 0;
    }
    last = ODD.lastIndex;
    if (++inRow === 1) from = start;
    if (inRow === MIN_ROW) stretches.push({ from, to: last });
    else if (inRow > MIN_ROW) stretches.at(-1)!.to = last;
  }
  if (stretches.length === 0) {
    if (blank >= 0 && blank < last) blank = text.indexOf(' ', last);
    if (count < 2 || !isAll || (blank >= 0 && blank < end)) return undefined;
  }
  return (text.length <= MAX_WHOLE ? text : partsOf(text, stretches)).replace(BLANKS, ' ');
}

const MIN_ROW = 3;
/** Of a longer text only what is so written is read again. */
const MAX_WHOLE = 2048;
const AROUND = 64;
/** What stands between two words and is other than one blank. */
const ODD = /\n[\n ]*| [\n ]+/g;
const BLANKS = /[\n ]+/g;

/** The stretches with some text around, as much as may be read. */
function partsOf(text: string, stretches: readonly { from: number; to: number }[]): string {
  let out = '';
  let copied = 0;
  for (const { from, to } of stretches) {
    const start = border(text, Math.max(copied, from - AROUND));
    const end = border(text, Math.min(text.length, to + AROUND, start + MAX_WHOLE - out.length));
    if (end <= start) continue;
    out += text.slice(start, end);
    copied = end;
  }
  return out === '' ? text.slice(0, border(text, MAX_WHOLE)) : out;
}

/** One unit on where `at` is within a surrogate pair. */
function border(text: string, at: number): number {
  return cutsPair(text, at) ? at + 1 : at;
}

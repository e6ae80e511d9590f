import type { Charset } from './declared-charset.js';

/**
 * What a server that ignores the charset may find in bytes that are text in one with other bytes for ASCII characters:
 * to it, half of an ideograph is a letter or a sign. Such a run is short and stands for characters that texts are made of,
 * unless somebody wrote ASCII there and called it something else.
 *
 * @param bytes byte string.
 * @param text the same in the charset.
 * @returns the runs of visible ASCII with some syntax in them, none in most texts; `undefined` where all of the bytes may
 *   be meant as they stand: what comes out is no clean text, or a run is longer than texts have, or of odd characters.
 */
export function rawRuns(bytes: string, text: string, charset: Charset): readonly string[] | undefined {
  const unit = charset.unit ?? 1;
  const whole = bytes.length % unit === 0 ? text : text.replace(/\ufffd$/, '');
  if (whole === '' || NO_TEXT.test(whole)) return undefined;
  if (unit === 1) return WORD.test(bytes) ? undefined : [];
  // Two of four bytes are never visible.
  return unit === 4 ? [] : runsOfUtf16(bytes, charset.big === true);
}

/** Line ends of EBCDIC and other blanks are text. */
const NO_TEXT =
  /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * In EBCDIC ASCII's digits, blanks and most signs are controls; what is left to a payload are words and commands, which
 * are rows of punctuation there.
 */
const WORD = /[a-z]{4}|[A-Z]{8}|[`|][a-z]{2}/;

function runsOfUtf16(bytes: string, big: boolean): readonly string[] | undefined {
  const runs: string[] = [];
  let from = 0;
  let size = 0;
  let isOdd = false;
  let swapped = 0;
  let before = 0;
  // Beyond the end there is no byte that is visible.
  for (let i = 0; i <= bytes.length; i += 2) {
    const high = bytes.charCodeAt(big ? i : i + 1);
    const low = bytes.charCodeAt(big ? i + 1 : i);
    swapped = low === 0 && isVisible(high) ? swapped + 1 : 0;
    if (swapped === MAX_SWAPPED) return undefined;
    // A word with a zero digit before or after each letter is none, and two bytes over and over are none.
    if (high === KANA && low > 0x40 && low < 0x7f) continue;
    const isRepeated = size > 0 && high === before >> 8 && low === (before & 0xff);
    before = (high << 8) | low;
    if (isRepeated) continue;
    if (isVisible(high) && isVisible(low) && isRare(high, low)) isOdd = true;
    for (let k = i; k < i + 2; k++) {
      if (isVisible(bytes.charCodeAt(k))) {
        if (size++ === 0) from = k;
        continue;
      }
      if (size >= MIN_RUN) {
        if (isOdd || size > MAX_RUN || runs.length === MAX_RUNS) return undefined;
        const run = bytes.slice(from, k);
        if (SYNTAX.test(run)) runs.push(run);
      }
      if (size > 0) isOdd = false;
      size = 0;
    }
  }
  return runs;
}

/** ASCII in the other byte order is ideographs such as U+4E00, of which not many stand in a row. */
const MAX_SWAPPED = 3;
const KANA = 0x30;

/** Not of a script that has two visible bytes: signs, but the ellipsis and the reference mark, and ideographs of extension A. */
function isRare(high: number, low: number): boolean {
  return high < 0x4e && !(high === 0x20 && (low === 0x26 || low === 0x3b));
}

/** As short as words with some syntax are. */
const MIN_RUN = 6;
/** Of Chinese prose one run in a hundred thousand characters has 19 bytes. */
const MAX_RUN = 23;
const MAX_RUNS = 64;
const SYNTAX = /[^A-Za-z0-9]/;

function isVisible(code: number): boolean {
  return code >= 0x20 && code <= 0x7e;
}

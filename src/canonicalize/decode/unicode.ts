/** Text in one form of its characters. */
export interface Normalized {
  /** Well-formed. */
  readonly text: string;
  /** Known to be the same when normalized once more. */
  readonly isStable: boolean;
}

/**
 * Compatibility-composes text (NFKC, UAX #15), so that full-width and styled letters become the letters they stand for,
 * and drops characters that show nothing: zero-width, bidirectional controls, soft hyphen, byte-order mark (UTS #39).
 */
export function normalizeUnicode(text: string): Normalized {
  if (!NON_ASCII.test(text)) return { text, isStable: true };
  const whole = text.toWellFormed();
  const isLong = hasLongMarks(whole);
  const composed = (isLong ? whole.replace(LONG_MARKS, '$&\u034f') : whole).normalize('NFKC');
  if (INVISIBLE.test(composed)) return { text: composed.replace(INVISIBLES, ''), isStable: false };
  return { text: composed, isStable: !isLong && !hasLongMarks(composed) };
}

const NON_ASCII = /[^\x00-\x7f]/;
/** Stream-Safe Text (UAX #15 section 13): sorting a longer run of marks would cost its square. */
const LONG_MARKS = /\p{M}{30}(?=\p{M})/gu;
const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/;
const INVISIBLES = new RegExp(INVISIBLE, 'g');

/** A quick no to {@link LONG_MARKS}: marks, and surrogates that may be some, in a run too long. Looks at one in 31. */
function hasLongMarks(text: string): boolean {
  for (let at = MAX_MARKS; at < text.length; at += MAX_MARKS + 1) {
    if (!isMark(text, at)) continue;
    let from = at;
    let to = at + 1;
    while (from > 0 && isMark(text, from - 1)) from--;
    while (isMark(text, to)) to++;
    if (to - from > MAX_MARKS) return true;
    // The next run that is too long starts behind this one.
    at = to - 1;
  }
  return false;
}

const MAX_MARKS = 30;

function isMark(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= FIRST_MARK && MARKS[code - FIRST_MARK] === 1;
}

/** COMBINING GRAVE ACCENT. */
const FIRST_MARK = 0x300;
const MARKS = Uint8Array.from({ length: 0x10000 - FIRST_MARK }, (_, i) =>
  /[\p{M}\ud800-\udfff]/u.test(String.fromCharCode(FIRST_MARK + i)) ? 1 : 0,
);

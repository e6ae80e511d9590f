/**
 * Compatibility-composes text (NFKC, UAX #15), so that full-width and styled letters become the letters they stand for,
 * and drops characters that show nothing: zero-width, bidirectional controls, soft hyphen, byte-order mark (UTS #39).
 *
 * @returns well-formed text, the same string when it is ASCII.
 */
export function normalizeUnicode(text: string): string {
  if (!NON_ASCII.test(text)) return text;
  const whole = SURROGATE.test(text) ? text.replace(LONE_SURROGATE, '\ufffd') : text;
  const bounded = hasLongMarks(whole) ? whole.replace(LONG_MARKS, '$&\u034f') : whole;
  return bounded.normalize('NFKC').replace(INVISIBLE, '');
}

const NON_ASCII = /[^\x00-\x7f]/;
const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Stream-Safe Text (UAX #15 section 13): sorting a longer run of marks would cost its square. */
const LONG_MARKS = /\p{M}{30}(?=\p{M})/gu;
const MAX_MARKS = 30;
const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;

/** A quick no to {@link LONG_MARKS}: marks, and surrogates that may be some, in a run too long. */
function hasLongMarks(text: string): boolean {
  let run = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    run = code < FIRST_MARK || MARKS[code - FIRST_MARK] === 0 ? 0 : run + 1;
    if (run > MAX_MARKS) return true;
  }
  return false;
}

/** COMBINING GRAVE ACCENT. */
const FIRST_MARK = 0x300;
const MARKS = Uint8Array.from({ length: 0x10000 - FIRST_MARK }, (_, i) =>
  /[\p{M}\ud800-\udfff]/u.test(String.fromCharCode(FIRST_MARK + i)) ? 1 : 0,
);

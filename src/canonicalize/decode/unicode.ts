/**
 * Compatibility-composes text (NFKC, UAX #15), so that full-width and styled letters become the letters they stand for,
 * and drops characters that show nothing: zero-width, bidirectional controls, soft hyphen, byte-order mark (UTS #39).
 *
 * @returns well-formed text, the same string when it is ASCII.
 */
export function normalizeUnicode(text: string): string {
  if (!NON_ASCII.test(text)) return text;
  return text
    .replace(LONE_SURROGATE, '\ufffd')
    .replace(LONG_MARKS, '$&\u034f')
    .normalize('NFKC')
    .replace(INVISIBLE, '');
}

const NON_ASCII = /[^\x00-\x7f]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Stream-Safe Text (UAX #15 section 13): sorting a longer run of marks would cost its square. */
const LONG_MARKS = /\p{M}{30}(?=\p{M})/gu;
const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;

import { MARKERS } from './markers.js';
import { DIGIT, traitsOf, UNDECODABLE } from './traits.js';

/**
 * Replaces what carries identity but no meaning (ids, tokens, times, long numbers) by one marker each, so that the model
 * and the cache see the kind instead of the value. Only letters, digits, the fixed separators of UUIDs, JWTs and ISO 8601
 * times, and the `+` and `/` of long base64 are ever replaced: other punctuation is never swallowed, so no payload can hide
 * in a placeholder.
 * Linear in the text.
 *
 * @param text decoded text without markers.
 * @param traits of the text.
 */
export function replaceIds(text: string, traits = traitsOf(text)): string {
  let out = text;
  // Every kind but runs of undecodable bytes needs a digit.
  if ((traits & DIGIT) !== 0) {
    if (out.length >= MIN_DASHED) {
      const dashed = dashedIn(out);
      if ((dashed & HAS_UUID) !== 0) out = out.replace(UUID, MARKERS.UUID);
      if (out.includes('eyJ')) out = out.replace(JWT, MARKERS.JWT);
      if ((dashed & HAS_DATE) !== 0) out = out.replace(ISO_TIME, MARKERS.TIME);
      if (hasLongRun(out)) out = out.replace(BASE64, (run) => (isRandom(run) ? MARKERS.OPAQUE : run));
    }
    out = replaceRuns(out);
  }
  return (traits & UNDECODABLE) === 0 ? out : out.replace(NO_TEXT, MARKERS.BYTES);
}

/** Whether two dashes stand as in a UUID, or as in a date: both are rare in text. */
function dashedIn(text: string): number {
  let found = 0;
  for (let at = text.indexOf('-'); at >= 0 && found !== HAS_UUID + HAS_DATE; at = text.indexOf('-', at + 1)) {
    if (text.charCodeAt(at + 5) === DASH && text.charCodeAt(at + 10) === DASH) found |= HAS_UUID;
    else if (text.charCodeAt(at + 3) === DASH) found |= HAS_DATE;
  }
  return found;
}

const HAS_UUID = 1;
const HAS_DATE = 2;
const DASH = 0x2d;
/** An ISO 8601 time to the minute; a JWT is longer, too. */
const MIN_DASHED = 16;

/** Whether there are so many digits of base64 in a row. Looks at one in 40 characters. */
function hasLongRun(text: string): boolean {
  for (let at = MIN_BASE64 - 1; at < text.length; at += MIN_BASE64) {
    if (!isBase64(text.charCodeAt(at))) continue;
    let from = at;
    let to = at + 1;
    while (from > 0 && isBase64(text.charCodeAt(from - 1))) from--;
    while (to < text.length && isBase64(text.charCodeAt(to))) to++;
    if (to - from >= MIN_BASE64) return true;
    // The next run that is long enough starts behind this one.
    at = to;
  }
  return false;
}

function isBase64(code: number): boolean {
  return code < 128 && (KIND[code] !== 0 || code === PLUS || code === SLASH);
}

const PLUS = 0x2b;
const SLASH = 0x2f;

/** RFC 9562. */
const UUID = /(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z])/g;
/** RFC 7519: a JSON header in base64url, two dots. */
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;
/** RFC 3339 with seconds and zone optional. */
const ISO_TIME =
  /(?<![0-9A-Za-z])\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?![0-9A-Za-z])/g;
/** RFC 4648 section 4, with `+` or `/` in it: without, it is a run of letters and digits like any other. */
const MIN_BASE64 = 40;
const BASE64 = /(?<![A-Za-z0-9+/])(?=[A-Za-z0-9]*[+/])[A-Za-z0-9+/]{40,}={0,2}(?![A-Za-z0-9+/=])/g;
/** Share of neighboring characters of another class: 0.65 in random base64, 0.25 in camel case, less in paths of words. */
const RANDOM_CHANGES = 0.5;
/** Share of digits: 0.16 in random base64. */
const RANDOM_DIGITS = 0.05;
const NO_TEXT = /\ufffd+/g;

/** Whether the run changes between lower case, upper case, digits and signs as only encoded bytes do; repeats do not count. */
function isRandom(run: string): boolean {
  let changes = 0;
  let counted = 0;
  let digits = 0;
  let before = run.charCodeAt(0);
  let kindBefore = classOf(before);
  for (let i = 1; i < run.length; i++) {
    const code = run.charCodeAt(i);
    if (code === before) continue;
    const kind = classOf(code);
    counted++;
    if (kind !== kindBefore) changes++;
    if (kind === DIGIT_CLASS) digits++;
    before = code;
    kindBefore = kind;
  }
  return counted >= MIN_CHANGES && changes >= RANDOM_CHANGES * counted && digits >= RANDOM_DIGITS * counted;
}

const MIN_CHANGES = 16;
const DIGIT_CLASS = 3;

function classOf(code: number): number {
  if (code >= 0x61) return 1;
  if (code >= 0x41) return 2;
  return code >= 0x30 && code <= 0x39 ? DIGIT_CLASS : 4;
}

const DIGIT_BIT = 1;
const HEX_LETTER_BIT = 2;
const OTHER_LETTER_BIT = 4;
/** Kind of each ASCII character; 0 ends a run. */
const KIND = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[0-9]/.test(character)) return DIGIT_BIT;
  if (/[A-Fa-f]/.test(character)) return HEX_LETTER_BIT;
  return /[A-Za-z]/.test(character) ? OTHER_LETTER_BIT : 0;
});

/** Replaces whole runs of letters and digits, from one digit to the next. */
function replaceRuns(text: string): string {
  let out = '';
  let copied = 0;
  let end = 0;
  for (DIGITS.lastIndex = 0; DIGITS.test(text); DIGITS.lastIndex = end) {
    const digit = DIGITS.lastIndex - 1;
    let start = digit;
    let kinds = DIGIT_BIT;
    for (
      let kind = start > end ? kindAt(text, start - 1) : 0;
      kind !== 0;
      kind = start > end ? kindAt(text, start - 1) : 0
    ) {
      kinds |= kind;
      start--;
    }
    end = digit + 1;
    for (let kind = kindAt(text, end); kind !== 0; kind = kindAt(text, end)) {
      kinds |= kind;
      end++;
    }
    if (end - start < MIN_NUMBER) continue;
    const marker = markerOfRun(kinds, end - start, text.charCodeAt(start));
    if (marker !== undefined) {
      out += text.slice(copied, start) + marker;
      copied = end;
    }
  }
  return copied === 0 ? text : out + text.slice(copied);
}

const DIGITS = /[0-9]/g;

/** 0 for what ends a run, and beyond the text's end. */
function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? KIND[code]! : 0;
}

const MIN_NUMBER = 5;
const MIN_HEX = 12;
/** Session ids, keys, base62. */
const MIN_OPAQUE = 16;
const ONE = 0x31;

/** @param kinds the kinds that the run is made of, at least one digit among them. */
function markerOfRun(kinds: number, length: number, first: number): string | undefined {
  if (kinds === DIGIT_BIT) {
    // Unix time in seconds, milliseconds or microseconds, 2001 to 2033.
    const epoch = first === ONE && (length === 10 || length === 13 || length === 16);
    return epoch ? MARKERS.TIME : MARKERS.NUMBER;
  }
  if ((kinds & OTHER_LETTER_BIT) === 0 && length >= MIN_HEX) return MARKERS.HEX;
  return length >= MIN_OPAQUE ? MARKERS.OPAQUE : undefined;
}

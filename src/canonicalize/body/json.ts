import { elements, memberOf, type Place, placeOf } from './json-places.js';

/** What was read of a JSON text. */
export interface JsonReading {
  /** Where each value stands (`user.tags[]`); side by side with `values`, since a body may hold half a million. */
  readonly paths: readonly string[];
  /** Every scalar, every empty container, and every odd key as a value of its parent. */
  readonly values: readonly string[];
  /** False when the text is not JSON (RFC 8259), is JSON5 (comments, single quotes, bare keys), or nests deeper than allowed. */
  readonly wellFormed: boolean;
  /** Offset at which reading stopped; the text's length when well-formed. */
  readonly end: number;
  /** True when reading stopped at a container deeper than `maxDepth`. */
  readonly tooDeep: boolean;
}

interface Frame {
  readonly array: boolean;
  readonly place: Place;
  empty: boolean;
  /** The member before, where its place is remembered. */
  member: Place | undefined;
}

const SPACE = /[\s]*/y;
const LITERAL = /(?:-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-])/y;
/** A value every 32 units: what JSON of records has. */
const UNITS_PER_VALUE_LOG2 = 5;
/** What is no number and no string, by its first unit: one string for all of them. */
const WORDS: ReadonlyMap<number, string> = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), word]));

/**
 * Reads JSON, or several JSON values one after another (NDJSON), in one pass without recursion.
 *
 * Unlike `JSON.parse` it keeps every value of a duplicated key (servers disagree on which one counts), every key, big
 * numbers as written, comments, and what was read before an error; and it reads strings in single quotes and bare keys, as
 * lenient parsers do (JSON5).
 *
 * @param maxDepth containers inside containers at most.
 */
export function readJson(text: string, maxDepth: number): JsonReading {
  // Room for as many as there mostly are: growing copies, and half a million values are megabytes.
  const paths = new Array<string>(text.length >>> UNITS_PER_VALUE_LOG2);
  const values = new Array<string>(text.length >>> UNITS_PER_VALUE_LOG2);
  let size = 0;
  const found = (path: string, value: string): void => {
    paths[size] = path;
    values[size++] = value;
  };
  const stack: Frame[] = [];
  let frame: Frame | undefined;
  /** Comments and single quotes are of JSON5's, not of JSON. */
  let lenient = false;
  /** Where a string in single quotes starts that nothing follows yet: with a word behind it, it is no string of JSON5's. */
  let single = -1;
  /** Skips blanks and, since lenient parsers know them, comments, which are values too. */
  const skip = (from: number): number => {
    let to = skipSpace(text, from);
    while (text.charCodeAt(to) === SLASH) {
      const end = commentEnd(text, to);
      if (end < 0) break;
      lenient = true;
      found(frame?.place.path ?? '', text.slice(to, end));
      to = skipSpace(text, end);
    }
    return to;
  };
  /** The next backslash from some offset on, looked for once for all the strings before it. */
  let backslash = -1;
  const contentOf = (from: number, to: number): string => {
    if (backslash < from) {
      backslash = text.indexOf('\\', from);
      if (backslash < 0) backslash = text.length;
    }
    const content = text.slice(from, to);
    return backslash < to ? unescapeJson(content) : content;
  };
  let at = skip(0);
  const stop = (wellFormed: boolean, tooDeep = false): JsonReading => {
    paths.length = size;
    values.length = size;
    return { paths, values, wellFormed: wellFormed && !lenient, end: at, tooDeep };
  };
  const root = placeOf('', '');

  while (at < text.length) {
    let place = root;
    if (frame !== undefined) {
      place = frame.place;
      if (text.charCodeAt(at) === (frame.array ? CLOSE_BRACKET : CLOSE_BRACE)) {
        if (frame.empty) found(place.path, '');
        stack.pop();
        frame = stack.at(-1);
        at = skip(at + 1);
        continue;
      }
      if (!frame.empty) {
        if (text.charCodeAt(at) !== COMMA) {
          if (single >= 0) at = single;
          return stop(false);
        }
        at = skip(at + 1);
      }
      frame.empty = false;
      if (!frame.array) {
        const expected = frame.member === undefined ? place.first : frame.member.next;
        let end = expected === undefined ? -1 : behindKey(text, at, expected.key);
        let inner = expected;
        let key = '';
        if (end < 0) {
          inner = undefined;
          end = keyEnd(text, at);
          if (end < 0) return stop(false);
          const bare = text.charCodeAt(at) !== QUOTE;
          if (bare) lenient = true;
          key = bare && !isQuote(text.charCodeAt(at)) ? text.slice(at, end) : contentOf(at + 1, end - 1);
        }
        const colon = skip(end);
        if (text.charCodeAt(colon) !== COLON) return stop(false);
        at = skip(colon + 1);
        inner ??= memberOf(place, frame.member, key, found);
        frame.member = inner;
        place = inner;
      }
    }
    const first = text.charCodeAt(at);
    single = -1;
    if (first === QUOTE || (first === SINGLE && frame !== undefined)) {
      const end = stringEnd(text, at);
      if (end < 0) return stop(false);
      if (first === SINGLE) {
        lenient = true;
        single = at;
      }
      found(place.path, contentOf(at + 1, end - 1));
      at = skip(end);
    } else if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      if (stack.length >= maxDepth) return stop(false, true);
      const array = first === OPEN_BRACKET;
      frame = { array, place: array ? elements(place) : place, empty: true, member: undefined };
      stack.push(frame);
      at = skip(at + 1);
    } else {
      LITERAL.lastIndex = at;
      if (!LITERAL.test(text)) return stop(false);
      const end = LITERAL.lastIndex;
      found(place.path, WORDS.get(first) ?? text.slice(at, end));
      at = skip(end);
    }
  }
  return stop(stack.length === 0 && size > 0);
}

/** The offset behind a key in double quotes, where it is this one; -1 otherwise. */
function behindKey(text: string, from: number, key: string): number {
  const end = from + key.length + 1;
  const same = text.charCodeAt(from) === QUOTE && text.charCodeAt(end) === QUOTE && text.startsWith(key, from + 1);
  return same ? end + 1 : -1;
}

function skipSpace(text: string, from: number): number {
  if (text.charCodeAt(from) > 0x20) return from;
  SPACE.lastIndex = from;
  SPACE.test(text);
  return SPACE.lastIndex;
}

const SLASH = 0x2f;
const QUOTE = 0x22;
const SINGLE = 0x27;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Offset after the comment that starts at `from`, or -1 when none does. */
function commentEnd(text: string, from: number): number {
  if (text.startsWith('//', from)) {
    const end = text.indexOf('\n', from);
    return end < 0 ? text.length : end + 1;
  }
  const end = text.startsWith('/*', from) ? text.indexOf('*/', from + 2) : -1;
  return end < 0 ? -1 : end + 2;
}

function isQuote(code: number): boolean {
  return code === QUOTE || code === SINGLE;
}

/** Offset after the closing quote of the string that opens at `from`, or -1. Single quotes are JSON5's. */
function stringEnd(text: string, from: number): number {
  const code = text.charCodeAt(from);
  if (!isQuote(code)) return -1;
  const closer = code === QUOTE ? '"' : "'";
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf(closer, at);
    if (quote < 0) return -1;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c && quote - 1 - slashes > from) slashes++;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** The same of a key, which JSON5 also has without quotes. */
function keyEnd(text: string, from: number): number {
  if (isQuote(text.charCodeAt(from))) return stringEnd(text, from);
  BARE_KEY.lastIndex = from;
  return BARE_KEY.test(text) ? BARE_KEY.lastIndex : -1;
}

const BARE_KEY = /[A-Za-z_$][\w$]{0,60}(?=\s*:)/y;

/** RFC 8259 section 7, and `\x27` as JSON5 has it; an unknown escape stands for its character, as lenient parsers read it. */
function unescapeJson(text: string): string {
  let at = text.indexOf('\\');
  let out = '';
  let copied = 0;
  while (at >= 0 && at + 1 < text.length) {
    const kind = text[at + 1]!;
    const unit = kind === 'u' ? text.slice(at + 2, at + 6) : kind === 'x' ? text.slice(at + 2, at + 4) : '';
    const isUnit = HEX_UNIT.test(unit);
    out += text.slice(copied, at) + (isUnit ? String.fromCharCode(Number.parseInt(unit, 16)) : (CONTROL[kind] ?? kind));
    copied = at + 2 + (isUnit ? unit.length : 0);
    at = text.indexOf('\\', copied);
  }
  return out + text.slice(copied);
}

const HEX_UNIT = /^(?:[0-9A-Fa-f]{2}){1,2}$/;
const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

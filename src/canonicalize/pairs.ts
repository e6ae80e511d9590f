import type { FieldCollector } from './field-collector.js';

/**
 * Splits `a=1&b=2` into name and value, still encoded (WHATWG URL section 5.1). Empty pieces are dropped; a piece
 * without `=` is a name with an empty value, as servers read it.
 *
 * @param text byte string.
 * @param separator `&` in queries and forms, `;` in cookies (RFC 6265 section 4.2.1; blanks around a pair are no part of it).
 */
export function splitPairs(text: string, separator: '&' | ';'): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf(separator, from);
    if (to < 0) to = text.length;
    const piece = separator === ';' ? text.slice(from, to).trim() : text.slice(from, to);
    if (piece !== '') {
      const equals = piece.indexOf('=');
      pairs.push(equals < 0 ? [piece, ''] : [piece.slice(0, equals), piece.slice(equals + 1)]);
    }
    from = to + 1;
  }
  return pairs;
}

/** Adds urlencoded pairs, and what a name that repeats adds up to. */
export function addPairs(
  collector: FieldCollector,
  zone: 'query' | 'body',
  pairs: readonly (readonly [name: string, value: string])[],
): void {
  for (const [name, value] of pairs) addPair(collector, zone, name, value);
  if (!collector.account.hasTime(pairs.length)) return;
  for (const [name, value] of joinedRepeats(pairs, ',')) addPair(collector, zone, name, value);
}

/** Adds one urlencoded pair. A name without value may be the whole message (`?<script>`), so it is then the value. */
function addPair(collector: FieldCollector, zone: 'query' | 'body', name: string, value: string): void {
  if (value === '' && !BARE_NAME.test(name)) collector.add({ zone, name: '', value: name, form: 'bytes', plus: true });
  else collector.add({ zone, name, value, form: 'bytes', plus: true });
}

const BARE_NAME = /^[A-Za-z0-9_.-]{0,60}$/;

/** Longer joined forms, and more values of one name, are lists rather than one value cut in pieces. */
const MAX_JOINED = 2048;
const MAX_REPEATS = 16;
/** What most payloads are held together by, plain or percent-encoded; two pieces at least must have some of it. */
const SYNTAX = /['"()<>*;|$`{}\\#!]|%(?:2[1-57-9Aa]|3[BbCcEe]|5[Cc]|60|7[BbCcDd])/;

/**
 * The values of each repeated name joined as some servers join them (ASP.NET by `,`), where that may make something of
 * harmless pieces: `q=1/*&q=*\/union` is one value there.
 */
export function joinedRepeats(
  pairs: readonly (readonly [name: string, value: string])[],
  separator: string,
): [name: string, value: string][] {
  if (pairs.length < 2) return [];
  const first = new Map<string, string>();
  const lists = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const before = first.get(name);
    if (before === undefined) first.set(name, value);
    else {
      const list = lists.get(name);
      if (list === undefined) lists.set(name, [before, value]);
      else list.push(value);
    }
  }
  const joined: [string, string][] = [];
  for (const [name, list] of lists) {
    if (list.length > MAX_REPEATS || list.every((value) => value === list[0])) continue;
    if (list.filter((value) => SYNTAX.test(value)).length < 2) continue;
    const value = list.join(separator);
    if (value.length <= MAX_JOINED) joined.push([name, value]);
  }
  return joined;
}

import type { FieldCollector } from './field-collector.js';
import { joinedRepeats, splitPairs } from './pairs.js';

type Pair = readonly [name: string, value: string];

/**
 * Adds the cookies of all Cookie headers together: HTTP/2 and RFC 6265 section 5.4 know but one, which clients may send in
 * crumbs, joined again by `; ` (RFC 9113 section 8.2.3). What a name that repeats adds up to, and what servers make of
 * several that join them by `, ` as any other header, is added where it may make something of harmless pieces.
 *
 * @param values of the headers in order.
 */
export function addCookies(collector: FieldCollector, values: readonly string[]): void {
  const crumbs = values.map((value) => splitPairs(value, ';'));
  const cookies = crumbs.flat();
  const others = [...joinedRepeats(cookies, ','), ...acrossHeaders(crumbs), ...values.flatMap(quotedCookies)];
  for (const [name, value] of [...cookies, ...others]) {
    collector.add({ zone: 'cookie', name, value, form: 'bytes' });
    // PHP undoes a cookie as it does a form: `+` is a blank.
    if (PLUS_AND_SYNTAX.test(value)) collector.add({ zone: 'cookie', name, value, form: 'bytes', plus: true });
  }
}

/** The cookies that go on in the next header where `, ` stands between the two (RFC 9110 section 5.3; Apache, WSGI). */
function acrossHeaders(crumbs: readonly (readonly Pair[])[]): Pair[] {
  const found: Pair[] = [];
  let open: Pair[] = [];
  for (const pairs of crumbs) {
    const [first, ...others] = pairs;
    if (first === undefined) continue;
    // Pieces of one value, each under its name.
    open.push(open.length === 0 ? first : [open[0]![0], first[1] === '' ? first[0] : `${first[0]}=${first[1]}`]);
    const last = others.at(-1);
    if (last === undefined) continue;
    found.push(...joinedRepeats(open, ', '));
    open = [last];
  }
  return [...found, ...joinedRepeats(open, ', ')];
}

/** Cookies whose quotes hold a semicolon, as RFC 2109 allowed: Python's servers read them whole, others piece by piece. */
function quotedCookies(header: string): Pair[] {
  if (!header.includes('"')) return [];
  return Array.from(header.matchAll(QUOTED), ([, name, value]): Pair => [name!, value!]).filter(([, value]) =>
    value.includes(';'),
  );
}

const QUOTED = /(?<=^|[;\s])([^=;\s"]{1,100})="((?:[^"\\]|\\.){1,4096})"/gs;
/** Without the braces, quotes and commas of JSON alone. */
const PLUS_AND_SYNTAX = /^(?=[^+]*\+)(?=.*(?:['()<>;`|$*]|%(?:2[0-2789Aa]|3[Ba-e])))/s;

/**
 * What standard headers look like when they carry nothing else, so strictly that no syntax of another language fits in:
 * no path of two steps, no blank beside an operator, no nested bracket, no run of free words outside a comment.
 */

/** A token without the punctuation that shells and SQL use: what standard headers really carry. */
const WORD = '[A-Za-z0-9._+-]+';
const PARAMETER = `\\s*;\\s*${WORD}(?:=(?:${WORD}|"[A-Za-z0-9._+-]*"))?`;
/** Blanks are read in one place only, so that no value makes the engine try them in two (cost stays linear). */
const list = (item: string): RegExp => new RegExp(`^(?:(?:${item})\\s*)?(?:,\\s*(?:(?:${item})\\s*)?)*$`);

const LANGUAGES = list(`(?:${WORD}|\\*)(?:${PARAMETER})*`);
const MEDIA_RANGES = list(`(?:${WORD}|\\*)(?:/(?:${WORD}|\\*))?(?:${PARAMETER})*`);
const HTTP_DATE = /^[A-Za-z]{3,9},? [0-9]{1,2}[ -][A-Za-z]{3}[ -][0-9]{2,4} [0-9:]{8} (?:GMT|UTC|[+-][0-9]{4})$/;
/** RFC 9110 section 8.8.3; with slashes only behind a length, as a hash that Express makes (`W/"1f-y5/qW…"`). */
const ETAGS = list('(?:W/)?"(?:[A-Za-z0-9._:+=~-]*|[0-9a-f]{1,8}-[A-Za-z0-9+/]{27})"|\\*|[A-Za-z0-9._:-]+');
const WORDS = list(WORD);
const DIGITS = /^[0-9]{0,20}$/;
const DIRECTIVES = list(`${WORD}(?:=(?:"[A-Za-z0-9._+-]*"|[A-Za-z0-9._+-]*))?`);
/** Names of products and devices, and the made-up brand of Client Hints, whose punctuation browsers vary ("Not;A Brand"). */
const GREASE = '[ ;(]?Not[ ()/:;?=._&+-]A[ ()/:;?=._&+-]Brand';
const BRANDS = list(
  `"(?:${GREASE}|(?:${WORD}(?: ${WORD}){0,4})?)"(?:\\s*;\\s*v="[0-9.]*"|${PARAMETER})*|${WORD}|\\?[01]`,
);
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const ADDRESSES = list('"?(?:\\[[0-9A-Fa-f:.]{2,45}\\](?::[0-9]{1,5})?|[0-9A-Fa-f:.]{2,51})"?|unknown');
const ORIGIN =
  /^(?:null|[a-z][a-z0-9+.-]{1,20}:\/\/(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?)$/;
/** In quotes a boundary, a charset or another media type. */
const QUOTED = '"[A-Za-z0-9+_.,:=?-]*(?:/[A-Za-z0-9+_.,:=?-]+)?"';
const CONTENT_TYPE = new RegExp(`^${WORD}/${WORD}\\s*(?:;\\s*(?:${WORD}=(?:${WORD}|${QUOTED})\\s*)?)*$`);

const VERSION = '[A-Za-z0-9._+:-]*[A-Za-z0-9]';
/** A name, with a version or a number: `Chrome/130.0`, `moto g(60)`. */
const NAME = `[A-Za-z0-9][A-Za-z0-9._+:@-]*(?:/${VERSION}| ?\\([0-9]{1,4}\\))?`;
/** Of a host with a name: a numbered one is what payloads ask a server to fetch. */
const PAGE = '\\+?https?://(?:[A-Za-z0-9-]+\\.)+[A-Za-z]{2,}(?:/[A-Za-z0-9_~-]+(?:\\.[A-Za-z0-9_-]+)*)*/?';
/** Words between semicolons and commas, as browsers and crawlers write them. */
const REMARK = `(?:${PAGE}|${NAME}(?: ${NAME}){0,11})`;
const COMMENT = `\\(${REMARK}(?:[;,] ?${REMARK})*;?\\)`;
const PRODUCT = `[A-Za-z0-9][A-Za-z0-9._+-]*/${VERSION}`;
/** The only words without a version that browsers write outside of comments. */
const BARE = 'Mobile|Safari|Tablet|like|Gecko|Chrome-Lighthouse';
/** Of two or three words: `Octokit Ruby Gem 4.3.0`. */
const TITLE = '[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){1,2}[ /][0-9]+(?:\\.[A-Za-z0-9]+)*';
/**
 * Products with comments (RFC 9110 section 10.1.5). Free words stand inside comments only, and no product ends in a sign:
 * before a comment either could be the operator that makes a call or a query of it.
 */
const USER_AGENT = new RegExp(`^(?:[A-Za-z0-9._+-]+|${TITLE}|${PRODUCT}(?: +(?:${COMMENT}|${PRODUCT}|${BARE}))*)$`);
const VIA = list(`(?:HTTP/)?${WORD} [A-Za-z0-9._:-]+(?: ${COMMENT})?`);
const UPGRADE = list('[A-Za-z][A-Za-z0-9-]*(?:/[0-9.]+)?');
const RANGE = /^bytes=[0-9]*-[0-9]*(?:\s*,\s*[0-9]*-[0-9]*)*$/;
const OPAQUE_TOKEN = /^[A-Za-z0-9][A-Za-z0-9_.=-]{0,127}$/;

/** Sources: RFC 9110, RFC 9111, RFC 6265, RFC 7239, Fetch and Client Hints (RFC 8942, RFC 9651). */
const WELL_FORMED = new Map<string, RegExp>(
  Object.entries({
    accept: MEDIA_RANGES,
    'accept-charset': LANGUAGES,
    'accept-encoding': LANGUAGES,
    'accept-language': LANGUAGES,
    'access-control-request-headers': WORDS,
    'access-control-request-method': WORDS,
    'cache-control': DIRECTIVES,
    connection: WORDS,
    'content-encoding': WORDS,
    'content-language': LANGUAGES,
    'content-length': DIGITS,
    'content-type': CONTENT_TYPE,
    date: HTTP_DATE,
    dnt: DIGITS,
    expect: /^100-continue$/i,
    host: HOST,
    'if-match': ETAGS,
    'if-modified-since': HTTP_DATE,
    'if-none-match': ETAGS,
    'if-range': ETAGS,
    'if-unmodified-since': HTTP_DATE,
    'keep-alive': DIRECTIVES,
    'max-forwards': DIGITS,
    origin: ORIGIN,
    pragma: DIRECTIVES,
    priority: DIRECTIVES,
    range: RANGE,
    'sec-fetch-dest': WORDS,
    'sec-fetch-mode': WORDS,
    'sec-fetch-site': WORDS,
    'sec-fetch-user': /^\?[01]$/,
    'sec-gpc': DIGITS,
    'sec-websocket-extensions': LANGUAGES,
    'sec-websocket-key': /^[A-Za-z0-9+/]{22}==$/,
    'sec-websocket-version': DIGITS,
    te: LANGUAGES,
    'transfer-encoding': WORDS,
    upgrade: UPGRADE,
    'upgrade-insecure-requests': DIGITS,
    'user-agent': USER_AGENT,
    via: VIA,
    'x-forwarded-for': ADDRESSES,
    'x-forwarded-host': HOST,
    'x-forwarded-port': DIGITS,
    'x-forwarded-proto': WORDS,
    'x-real-ip': ADDRESSES,
    'x-request-id': OPAQUE_TOKEN,
    'x-requested-with': WORDS,
  }),
);

const ORDINARY_NAME = /^[a-z0-9][a-z0-9_-]{0,60}$/;
/** Longer values are scored whatever their grammar says; it also bounds the cost of matching. */
const MAX_WELL_FORMED = 512;

/** Whether the header has a grammar of its own, beyond that of any single token. */
export function hasGrammar(name: string): boolean {
  return WELL_FORMED.has(name) || name.startsWith('sec-ch-');
}

/** Whether a header's value needs no score. A value that does not match its grammar is scored like any other. */
export function isWellFormed(name: string, value: string): boolean {
  if (value === '') return ORDINARY_NAME.test(name);
  if (value.length > MAX_WELL_FORMED) return false;
  const grammar = WELL_FORMED.get(name) ?? (name.startsWith('sec-ch-') ? BRANDS : OPAQUE_TOKEN);
  return grammar.test(value) && ORDINARY_NAME.test(name);
}

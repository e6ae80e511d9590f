import { addCookies } from './cookies.js';
import { encodedRuns } from './decode/encoded-runs.js';
import type { FieldCollector } from './field-collector.js';
import { readJwt } from './jwt.js';
import { joinedRepeats } from './pairs.js';
import { addReferer } from './target.js';

/** A token without the punctuation that shells and SQL use: what standard headers really carry. */
const WORD = '[A-Za-z0-9._+-]+';
const PARAMETER = `\\s*;\\s*${WORD}(?:=(?:${WORD}|"[A-Za-z0-9 ._+/:?;()-]*"))?`;
/** Blanks are read in one place only, so that no value makes the engine try them in two (cost stays linear). */
const list = (item: string): RegExp => new RegExp(`^(?:(?:${item})\\s*)?(?:,\\s*(?:(?:${item})\\s*)?)*$`);

const LANGUAGES = list(`(?:${WORD}|\\*)(?:${PARAMETER})*`);
const MEDIA_RANGES = list(`(?:${WORD}|\\*)(?:/(?:${WORD}|\\*))?(?:${PARAMETER})*`);
const HTTP_DATE = /^[A-Za-z]{3,9},? [0-9]{1,2}[ -][A-Za-z]{3}[ -][0-9]{2,4} [0-9:]{8} (?:GMT|UTC|[+-][0-9]{4})$/;
const ETAGS = list('(?:W/)?"[A-Za-z0-9._:+/=~-]*"|\\*|[A-Za-z0-9._:-]+');
const WORDS = list(WORD);
const DIGITS = /^[0-9]{0,20}$/;
const DIRECTIVES = list(`${WORD}(?:=(?:"[A-Za-z0-9._+-]*"|[A-Za-z0-9._+-]*))?`);
const BRANDS = list(`"[A-Za-z0-9 ._()/:;?=&+-]*"(?:${PARAMETER})*|${WORD}|\\?[01]`);
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const ADDRESSES = list('"?(?:\\[[0-9A-Fa-f:.]{2,45}\\](?::[0-9]{1,5})?|[0-9A-Fa-f:.]{2,51})"?|unknown');
const ORIGIN =
  /^(?:null|[a-z][a-z0-9+.-]{1,20}:\/\/(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?)$/;
const CONTENT_TYPE = new RegExp(`^${WORD}/${WORD}\\s*(?:;\\s*(?:${WORD}=(?:${WORD}|"[A-Za-z0-9+_,./:=? -]*")\\s*)?)*$`);
/** Products with comments (RFC 9110 section 10.1.5). Inside a comment only what browsers write there. */
const COMMENT = '\\((?:[A-Za-z0-9 ._+,:;/@*!~-]|\\((?:[A-Za-z0-9 ._+,:;/@-])*\\))*\\)';
const USER_AGENT = new RegExp(`^${WORD}(?:/[A-Za-z0-9._+:-]+)?(?: +(?:${COMMENT}|${WORD}(?:/[A-Za-z0-9._+:-]+)?))*$`);
const RANGE = /^bytes=[0-9]*-[0-9]*(?:\s*,\s*[0-9]*-[0-9]*)*$/;
const BEARER = /^Bearer [A-Za-z0-9._~+/-]+=*$/i;
const OPAQUE_TOKEN = /^[A-Za-z0-9][A-Za-z0-9_.=-]{0,127}$/;

/**
 * Standard headers whose well-formed values need no score: a strict grammar leaves no room for syntax of another
 * language. A value that does not match is scored like any other. Sources: RFC 9110, RFC 9111, RFC 6265, RFC 7239,
 * Fetch and Client Hints (RFC 8942, RFC 9651).
 */
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
    upgrade: /^[A-Za-z0-9./-]{1,40}$/,
    'upgrade-insecure-requests': DIGITS,
    'user-agent': USER_AGENT,
    via: list(`(?:HTTP/)?${WORD} [A-Za-z0-9._:-]+(?: ${COMMENT})?`),
    'x-forwarded-for': ADDRESSES,
    'x-forwarded-host': HOST,
    'x-forwarded-port': DIGITS,
    'x-forwarded-proto': WORDS,
    'x-real-ip': ADDRESSES,
    'x-request-id': OPAQUE_TOKEN,
    'x-requested-with': WORDS,
  }),
);

/** Adds cookies, Referer's parts, and every other header whose value is not well-formed by its own grammar. */
export function addHeaders(
  collector: FieldCollector,
  headers: readonly (readonly [name: string, value: string])[],
): void {
  const odd: (readonly [string, string])[] = [];
  const cookies: string[] = [];
  let count = 0;
  for (const [name] of headers) if (name === 'cookie') count++;
  for (const header of headers) {
    const [name, value] = header;
    if (name === 'cookie') {
      cookies.push(value);
      if (cookies.length === count) addCookies(collector, cookies);
    } else if (name === 'referer') addReferer(collector, value);
    else if (name === 'authorization' || name === 'proxy-authorization') addAuthorization(collector, name, value);
    else {
      if (isWellFormed(name, value)) addTokens(collector, name, value);
      else {
        collector.add({ zone: 'header', name, value, form: 'bytes' });
        odd.push(header);
      }
      if (name === 'upgrade') collector.account.skip('tunnel', 0);
      if (name === 'trailer') collector.account.skip('trailers', 0);
    }
  }
  for (const [name, value] of joinedRepeats(odd, ', ')) {
    collector.add({ zone: 'header', name, value, form: 'bytes' });
  }
}

/** Well-formed values hold no syntax, unless it is encoded. */
function addTokens(collector: FieldCollector, name: string, value: string): void {
  if (!hasGrammar(name) && collector.addHidden({ zone: 'header', name, value, form: 'bytes' })) return;
  for (const run of encodedRuns(value)) collector.addHidden({ zone: 'header', name, value: run, form: 'bytes' });
}

function hasGrammar(name: string): boolean {
  return WELL_FORMED.has(name) || name.startsWith('sec-ch-');
}

function isWellFormed(name: string, value: string): boolean {
  if (value === '') return ORDINARY_NAME.test(name);
  if (value.length > MAX_WELL_FORMED) return false;
  const grammar = WELL_FORMED.get(name) ?? (name.startsWith('sec-ch-') ? BRANDS : OPAQUE_TOKEN);
  return grammar.test(value) && ORDINARY_NAME.test(name);
}

const ORDINARY_NAME = /^[a-z0-9][a-z0-9_-]{0,60}$/;
/** Longer values are scored whatever their grammar says; it also bounds the cost of matching. */
const MAX_WELL_FORMED = 512;

/**
 * The user part of Basic (RFC 7617) is scored, the secret behind the colon is counted as not inspected. Of Bearer (RFC
 * 6750) a JWT's claims are scored; other well-formed tokens hold no syntax.
 */
function addAuthorization(collector: FieldCollector, name: string, value: string): void {
  if (BEARER.test(value)) {
    const claims = readJwt(value.slice('Bearer '.length), collector.options.maxDepth);
    if (claims !== undefined) collector.addValues({ zone: 'header' }, name, claims, 1);
    return;
  }
  const basic = /^Basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(value);
  if (basic === null) {
    collector.add({ zone: 'header', name, value, form: 'bytes' });
    return;
  }
  const credentials = Buffer.from(basic[1]!, 'base64').toString('latin1');
  const colon = credentials.indexOf(':');
  const user = colon < 0 ? credentials : credentials.slice(0, colon);
  collector.add({ zone: 'header', name, value: user, form: 'bytes' });
  const secret = credentials.length - user.length - 1;
  if (secret > 0) collector.account.skip('secret', secret);
}

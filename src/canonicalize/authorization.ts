import type { FieldCollector } from './field-collector.js';
import { addEncoded, addValue } from './header-value.js';
import { readJwt } from './jwt.js';

/** A token of RFC 6750 section 2.1 that is no path. */
const BEARER = /^Bearer +(?!\S*\.\.)([A-Za-z0-9][A-Za-z0-9._~+/-]*=*)$/i;
const BASIC = /^Basic\s+(.*)$/is;
const CREDENTIALS = /^[A-Za-z0-9+/_-]+={0,2}$/;
const NO_DIGITS = /[^A-Za-z0-9+/_-]+/g;
const BLANKS = /^[A-Za-z0-9+/_=\s-]*$/;

/**
 * Adds what Authorization says. Of Basic (RFC 7617) the user part is scored under the scheme's name, and the secret behind
 * the colon is counted as not inspected. Of Bearer (RFC 6750) a JWT's claims are scored, and whatever else is text in
 * base64; another well-formed token holds no syntax. Anything else is a value like any other.
 */
export function addAuthorization(collector: FieldCollector, name: string, value: string): void {
  const token = BEARER.exec(value)?.[1];
  const credentials = token === undefined ? BASIC.exec(value)?.[1] : undefined;
  if (token !== undefined) {
    const claims = readJwt(token, collector.options.maxDepth);
    if (claims !== undefined) collector.addValues({ zone: 'header' }, name, claims, 1);
    else addEncoded(collector, name, token);
  } else if (credentials !== undefined) addBasic(collector, `${name}.basic`, credentials);
  else addValue(collector, name, value);
}

/**
 * Lenient servers (Python's `b64decode`) leave out whatever is no digit of base64, wherever it stands, and so do we. More
 * than blanks and padding is no client's slip: then the credentials are a value as they stand, too.
 */
function addBasic(collector: FieldCollector, name: string, credentials: string): void {
  const malformed = !CREDENTIALS.test(credentials);
  const decoded = Buffer.from(malformed ? credentials.replace(NO_DIGITS, '') : credentials, 'base64').toString(
    'latin1',
  );
  const colon = decoded.indexOf(':');
  const user = colon < 0 ? decoded : decoded.slice(0, colon);
  collector.add({ zone: 'header', name, value: user, form: 'bytes', malformed });
  if (!BLANKS.test(credentials)) collector.add({ zone: 'header', name, value: credentials, form: 'bytes', malformed });
  else if (colon >= 0) collector.account.skip('secret', decoded.length - colon - 1);
}

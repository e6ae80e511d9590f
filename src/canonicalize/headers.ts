import { addAuthorization } from './authorization.js';
import { addCookies } from './cookies.js';
import type { FieldCollector } from './field-collector.js';
import { hasGrammar, isWellFormed } from './header-grammar.js';
import { addEncoded, addValue } from './header-value.js';
import { joinedRepeats } from './pairs.js';
import { addReferer } from './target.js';

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
        addValue(collector, name, value);
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
  addEncoded(collector, name, value);
}

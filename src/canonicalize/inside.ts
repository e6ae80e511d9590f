import { readGraphql } from './body/graphql.js';
import { readJson } from './body/json.js';
import { textInBase64 } from './decode/base64.js';
import { textInHex } from './decode/hex.js';
import { readJwt } from './jwt.js';
import { DIGIT, OPENER, STRAY } from './traits.js';

/** What a value holds in a format of its own. */
export type Inside =
  | {
      readonly encoding: 'json' | 'graphql' | 'jwt';
      readonly paths: readonly string[];
      readonly values: readonly string[];
      /** The values stand for all of the text. */
      readonly whole: boolean;
    }
  | { readonly encoding: 'base64' | 'hex'; readonly text: string };

/**
 * Looks into a value: JSON, a GraphQL document, a JWT's claims, base64 or hexadecimal text. `undefined` when it is plain.
 *
 * @param traits of the text, blanks around it aside.
 */
export function insideOf(text: string, name: string, maxDepth: number, traits: number): Inside | undefined {
  const first = text.charCodeAt(0);
  if ((traits & OPENER) !== 0) {
    if ((first === BRACE || first === BRACKET) && text.length > 2) {
      const json = readJson(text, maxDepth);
      if (json.wellFormed) return { encoding: 'json', paths: json.paths, values: json.values, whole: true };
    }
    if (GRAPHQL_NAME.test(name) && text.includes('{')) {
      const graphql = readGraphql(text);
      if (graphql !== undefined) {
        const { names, values, operation } = graphql;
        return { encoding: 'graphql', paths: ['', ...names], values: [operation, ...values], whole: true };
      }
    }
  }
  if (first === LOWER_E && text.startsWith('eyJ')) {
    const jwt = readJwt(text, maxDepth);
    if (jwt !== undefined) return { encoding: 'jwt', ...jwt, whole: false };
  }
  const base64 = textInBase64(text, (traits & STRAY) !== 0);
  if (base64 !== undefined) return { encoding: 'base64', text: base64 };
  // Each byte of text has a digit as its first half.
  const hex = (traits & DIGIT) === 0 ? undefined : textInHex(text);
  return hex === undefined ? undefined : { encoding: 'hex', text: hex };
}

const LOWER_E = 0x65;
const BRACE = 0x7b;
const BRACKET = 0x5b;
const GRAPHQL_NAME = /(?:^|[.\]])(?:query|mutation|subscription|document)$/;

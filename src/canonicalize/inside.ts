import { readGraphql } from './body/graphql.js';
import { readJson } from './body/json.js';
import { textInBase64 } from './decode/base64.js';
import { textInHex } from './decode/hex.js';
import { readJwt } from './jwt.js';

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

/** Looks into a value: JSON, a GraphQL document, a JWT's claims, base64 or hexadecimal text. `undefined` when it is plain. */
export function insideOf(text: string, name: string, maxDepth: number): Inside | undefined {
  const first = text.charCodeAt(0);
  if ((first === BRACE || first === BRACKET) && text.length > 2) {
    const json = readJson(text, maxDepth);
    if (json.wellFormed) return { encoding: 'json', paths: json.paths, values: json.values, whole: true };
  }
  if (text.includes('{') && GRAPHQL_NAME.test(name)) {
    const graphql = readGraphql(text);
    if (graphql !== undefined) {
      const { names, values, operation } = graphql;
      return { encoding: 'graphql', paths: ['', ...names], values: [operation, ...values], whole: true };
    }
  }
  if (text.startsWith('eyJ')) {
    const jwt = readJwt(text, maxDepth);
    if (jwt !== undefined) return { encoding: 'jwt', ...jwt, whole: false };
  }
  const base64 = textInBase64(text);
  if (base64 !== undefined) return { encoding: 'base64', text: base64 };
  const hex = textInHex(text);
  return hex === undefined ? undefined : { encoding: 'hex', text: hex };
}

const BRACE = 0x7b;
const BRACKET = 0x5b;
const GRAPHQL_NAME = /(?:^|[.\]])(?:query|mutation|subscription|document)$/;

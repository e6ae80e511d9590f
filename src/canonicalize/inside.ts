import { isGraphql, readGraphql } from './body/graphql.js';
import { readJson } from './body/json.js';
import { type EncodedText, encodedText, hiddenText } from './decode/encoded-text.js';
import { readJwt } from './jwt.js';
import { DIGIT, OPENER, STRAY } from './traits.js';

/** A structure that a value has. */
export interface Structure {
  readonly encoding: 'json' | 'graphql' | 'jwt';
  readonly paths: readonly string[];
  readonly values: readonly string[];
  /** The values stand for all of the text. */
  readonly whole: boolean;
}

/** What a value holds in a format of its own. */
export type Inside = Structure | EncodedText;

/**
 * Looks into a value: JSON, a GraphQL document, a JWT's claims, base64 or hexadecimal text. `undefined` when it is plain.
 *
 * @param traits of the text, blanks around it aside.
 */
export function insideOf(text: string, name: string, maxDepth: number, traits: number): Inside | undefined {
  return structureOf(text, name, maxDepth, traits) ?? encodedText(text, (traits & STRAY) !== 0, (traits & DIGIT) !== 0);
}

/** The same for a name, a piece of a path or a token of a header: encoded text only where it has some syntax. */
export function hiddenIn(text: string, maxDepth: number, traits: number): Inside | undefined {
  return structureOf(text, '', maxDepth, traits) ?? hiddenText(text, (traits & STRAY) !== 0, (traits & DIGIT) !== 0);
}

/** JSON, a GraphQL document, a JWT's claims. */
export function structureOf(text: string, name: string, maxDepth: number, traits: number): Structure | undefined {
  const first = text.charCodeAt(0);
  if ((traits & OPENER) !== 0) {
    if ((first === BRACE || first === BRACKET) && text.length > 2) {
      const json = readJson(text, maxDepth);
      if (json.wellFormed) return { encoding: 'json', paths: json.paths, values: json.values, whole: true };
    }
    if (isGraphql(name, text)) {
      const graphql = readGraphql(text);
      if (graphql !== undefined) {
        const { names, values, operation } = graphql;
        return { encoding: 'graphql', paths: ['', ...names], values: [operation, ...values], whole: true };
      }
    }
  }
  if (first !== LOWER_E || !text.startsWith('eyJ')) return undefined;
  const jwt = readJwt(text, maxDepth);
  return jwt === undefined ? undefined : { encoding: 'jwt', ...jwt, whole: false };
}

const LOWER_E = 0x65;
const BRACE = 0x7b;
const BRACKET = 0x5b;

import { StringScanner } from './graphql-strings.js';

/** A GraphQL document (GraphQL specification, October 2021, section 2) taken apart. */
export interface GraphqlReading {
  /** The document with every string literal emptied. */
  readonly operation: string;
  /** String literals by the argument or field that they are given to; side by side with `values`. */
  readonly names: readonly string[];
  readonly values: readonly string[];
}

const START =
  /^(?:\s|#[^\n]*\n)*(?:(?:query|mutation|subscription|fragment)\b[^{]{0,1000}\{|\{\s*(?:#[^\n]*\n\s*)*[A-Za-z_.])/;
/** Whether a value is a GraphQL document, by its name and how it starts. */
export function isGraphql(name: string, text: string): boolean {
  return NAME.test(name) && text.includes('{') && START.test(text);
}

const NAME = /(?:^|[.\]])(?:query|mutation|subscription|document)$/;

/** @returns `undefined` when the document holds no string. Linear in the text. */
export function readGraphql(text: string): GraphqlReading | undefined {
  if (!text.includes('"')) return undefined;
  const strings = new StringScanner(text);
  const names: string[] = [];
  const values: string[] = [];
  let operation = '';
  let copied = 0;
  let argument = '';
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (isNameStart(code)) {
      const end = wordEnd(text, at);
      // An argument's name is what stands before a colon, its last characters where it is longer than any name.
      if (isColonNext(text, end)) argument = text.slice(Math.max(at, end - MAX_NAME), end);
      at = end;
    } else if (code === NUMBER_SIGN) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (code === QUOTE) {
      const string = strings.read(at);
      if (string !== undefined && string.value !== '') {
        names.push(argument);
        const escapes = string.isBlock ? BLOCK_ESCAPE : STRING_ESCAPE;
        values.push(string.value.includes('\\') ? string.value.replace(escapes, unescaped) : string.value);
        operation += `${text.slice(copied, at)}""`;
        copied = string.end;
      }
      at = string?.end ?? at + 1;
    } else at++;
  }
  return values.length === 0 ? undefined : { operation: operation + text.slice(copied), names, values };
}

const QUOTE = 0x22;
const NUMBER_SIGN = 0x23;
/** Longest name of an argument, in UTF-16 units. */
const MAX_NAME = 61;

function isNameStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}

function wordEnd(text: string, from: number): number {
  let end = from + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (!isNameStart(code) && (code < 0x30 || code > 0x39)) break;
  }
  return end;
}

function isColonNext(text: string, from: number): boolean {
  const code = text.charCodeAt(from);
  if (code === 0x3a) return true;
  if (code > 0x20 && code < 0x80) return false;
  BLANKS_AND_COLON.lastIndex = from;
  return BLANKS_AND_COLON.test(text);
}

const BLANKS_AND_COLON = /\s*:/y;

/** Those of two characters (section 2.9.4); `\uXXXX` is undone with all other escapes. */
const STRING_ESCAPE = /\\(["\\/nrtbf])/g;
const BLOCK_ESCAPE = /\\(["\\/])/g;
const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function unescaped(_: string, character: string): string {
  return CONTROL[character] ?? character;
}

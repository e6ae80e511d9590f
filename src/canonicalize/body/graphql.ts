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
/** A name before a colon, any other word at once, a comment, a block string, a string. */
const TOKEN = /([A-Za-z_]\w{0,60})\s*:|[A-Za-z_]\w{0,60}(?!\w)|#[^\n]*|"""([\s\S]*?)"""|"((?:[^"\\\n]|\\[^\n])*)"/g;

/** Whether a value is a GraphQL document, by its name and how it starts. */
export function isGraphql(name: string, text: string): boolean {
  return NAME.test(name) && text.includes('{') && START.test(text);
}

const NAME = /(?:^|[.\]])(?:query|mutation|subscription|document)$/;

/** @returns `undefined` when the document holds no string. Linear in the text. */
export function readGraphql(text: string): GraphqlReading | undefined {
  if (!text.includes('"')) return undefined;
  const names: string[] = [];
  const values: string[] = [];
  let operation = '';
  let copied = 0;
  let argument = '';
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    if (token[1] !== undefined) argument = token[1];
    const value = token[2] ?? token[3];
    if (value === undefined || value === '') continue;
    names.push(argument);
    const escapes = token[2] === undefined ? STRING_ESCAPE : BLOCK_ESCAPE;
    values.push(value.includes('\\') ? value.replace(escapes, unescaped) : value);
    operation += `${text.slice(copied, token.index)}""`;
    copied = TOKEN.lastIndex;
  }
  return values.length === 0 ? undefined : { operation: operation + text.slice(copied), names, values };
}

/** Those of two characters (section 2.9.4); `\uXXXX` is undone with all other escapes. */
const STRING_ESCAPE = /\\(["\\/nrtbf])/g;
const BLOCK_ESCAPE = /\\(["\\/])/g;
const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function unescaped(_: string, character: string): string {
  return CONTROL[character] ?? character;
}

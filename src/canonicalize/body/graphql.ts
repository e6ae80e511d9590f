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

/** @returns `undefined` when the text does not look like a GraphQL document or holds no string. Linear in the text. */
export function readGraphql(text: string): GraphqlReading | undefined {
  if (!text.includes('"') || !START.test(text)) return undefined;
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
    values.push(value.replace(SIMPLE_ESCAPE, '$1'));
    operation += `${text.slice(copied, token.index)}""`;
    copied = TOKEN.lastIndex;
  }
  return values.length === 0 ? undefined : { operation: operation + text.slice(copied), names, values };
}

/** `\uXXXX` is undone with all other escapes. */
const SIMPLE_ESCAPE = /\\(["\\/])/g;

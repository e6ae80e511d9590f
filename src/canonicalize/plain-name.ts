/** Longest name in a sequence's prefix, in UTF-16 units; longer ones are also scored as values. */
export const MAX_NAME = 60;

/**
 * True for names without room for syntax: letters, digits, `_`, `.`, `-` and list indexes in brackets, none with the two
 * underscores of a language's own names (`__proto__`).
 */
export function isPlainName(name: string): boolean {
  if (name.length > MAX_NAME) return false;
  let inBrackets = false;
  let before = 0;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const kind = code < 128 ? KINDS[code]! : ODD;
    if (inBrackets ? kind === CLOSE : kind === OPEN) inBrackets = !inBrackets;
    else if (kind >= OPEN || (inBrackets && kind !== DIGIT)) return false;
    if (code === UNDERSCORE && before === UNDERSCORE) return false;
    before = code;
  }
  return !inBrackets;
}

const UNDERSCORE = 0x5f;
const LETTER = 0;
const DIGIT = 1;
const OPEN = 2;
const CLOSE = 3;
const ODD = 4;
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[0-9]/.test(character)) return DIGIT;
  if (/[A-Za-z_.-]/.test(character)) return LETTER;
  return character === '[' ? OPEN : character === ']' ? CLOSE : ODD;
});

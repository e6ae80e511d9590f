import { hexByte } from './decode/percent.js';

/** Longest name in a sequence's prefix, in UTF-16 units; longer ones are also scored as values. */
export const MAX_NAME = 60;

/**
 * True for names without room for syntax: letters, digits, `_`, `.`, `-` and list indexes in brackets, none with the two
 * underscores of a language's own names (`__proto__`).
 */
export function isPlainName(name: string): boolean {
  return name.length <= MAX_NAME && read(name, false);
}

/**
 * A plain name with each run of digits folded to one `0`.
 *
 * @param escaped undo percent-encoding.
 * @returns `undefined` when the name is not plain.
 */
export function foldPlainName(name: string, escaped: boolean): string | undefined {
  if (name.length > (escaped ? 3 * MAX_NAME : MAX_NAME) || !read(name, escaped)) return undefined;
  return changed ? SCRATCH.toString('latin1', 0, written) : name;
}

/** What {@link read} wrote, and whether it is another text than was read. */
const SCRATCH = Buffer.alloc(MAX_NAME);
let written = 0;
let changed = false;

/** One pass: checks the grammar and writes the name, decoded and with its digits folded. @returns false when not plain. */
function read(name: string, escaped: boolean): boolean {
  let inBrackets = false;
  let before = 0;
  let length = 0;
  written = 0;
  changed = false;
  for (let i = 0; i < name.length; i++) {
    let code = name.charCodeAt(i);
    if (escaped && code === PERCENT) {
      code = hexByte(name, i + 1);
      i += 2;
      changed = true;
    }
    const kind = code >= 0 && code < 128 ? KINDS[code]! : ODD;
    if (inBrackets ? kind === CLOSE : kind === OPEN) inBrackets = !inBrackets;
    else if (kind >= OPEN || (inBrackets && kind !== DIGIT)) return false;
    if ((code === UNDERSCORE && before === UNDERSCORE) || ++length > MAX_NAME) return false;
    if (kind !== DIGIT) SCRATCH[written++] = code;
    else if (before !== ZERO) SCRATCH[written++] = ZERO;
    if (kind === DIGIT && (code !== ZERO || before === ZERO)) changed = true;
    before = kind === DIGIT ? ZERO : code;
  }
  return !inBrackets;
}

const PERCENT = 0x25;
const ZERO = 0x30;
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

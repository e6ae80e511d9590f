import { MIN_HIDDEN } from './decode/encoded-text.js';
import { hexByte } from './decode/percent.js';

/** Longest name in a sequence's prefix, in UTF-16 units; longer ones are also scored as values. */
export const MAX_NAME = 60;

/**
 * True for names without room for syntax: letters, digits, `_`, `.`, `-` and list indexes in brackets, none with the two
 * underscores of a language's own names (`__proto__`).
 */
export function isPlainName(name: string): boolean {
  return name.length <= MAX_NAME && read(name, false) && isPlain;
}

/** A name of letters, digits, `_`, `.`, `-` and brackets: no decoder acts on it. */
export interface SimpleName {
  /** With each run of digits folded to one `0`, as it stands in the sequence. */
  readonly folded: string;
  /** It is long enough, and of the characters, for text in a format of its own. */
  readonly mayHide: boolean;
}

/**
 * Reads a simple name.
 *
 * @param escaped undo percent-encoding.
 * @returns `undefined` when the name is not simple, or longer than {@link MAX_NAME}.
 */
export function readSimpleName(name: string, escaped: boolean): SimpleName | undefined {
  if (name.length > (escaped ? 3 * MAX_NAME : MAX_NAME) || !read(name, escaped)) return undefined;
  const first = SCRATCH[0]!;
  // JSON starts with a bracket, a JWT with `eyJ`; shorter base64 has no signs between its digits.
  const isDotted = length < MIN_DOTTED && hasSigns && first !== OPEN_BRACKET && first !== LOWER_E;
  return {
    folded: isChanged ? SCRATCH.toString('latin1', 0, written) : name,
    mayHide: length >= MIN_HIDDEN && !isDotted,
  };
}

/** Of the name read last: what was written of it, its length, and whether it is plain and was changed. */
const SCRATCH = Buffer.alloc(MAX_NAME);
let written = 0;
let length = 0;
let isChanged = false;
let isPlain = false;
/** It has dots or brackets. */
let hasSigns = false;

/** One pass: checks the grammar and writes the name, decoded and with its digits folded. @returns false when not simple. */
function read(name: string, escaped: boolean): boolean {
  let inBrackets = false;
  let before = 0;
  written = 0;
  length = 0;
  isChanged = false;
  isPlain = true;
  hasSigns = false;
  for (let i = 0; i < name.length; i++) {
    let code = name.charCodeAt(i);
    if (escaped && code === PERCENT) {
      code = hexByte(name, i + 1);
      i += 2;
      isChanged = true;
    }
    const kind = code >= 0 && code < 128 ? KINDS[code]! : ODD;
    if (kind === ODD || ++length > MAX_NAME) return false;
    if (inBrackets ? kind === CLOSE : kind === OPEN) inBrackets = !inBrackets;
    else if (kind >= OPEN || (inBrackets && kind !== DIGIT)) isPlain = false;
    if (kind >= OPEN || code === DOT) hasSigns = true;
    if (code === UNDERSCORE && before === UNDERSCORE) isPlain = false;
    if (kind !== DIGIT) SCRATCH[written++] = code;
    else if (before !== ZERO) SCRATCH[written++] = ZERO;
    if (kind === DIGIT && (code !== ZERO || before === ZERO)) isChanged = true;
    before = kind === DIGIT ? ZERO : code;
  }
  if (inBrackets) isPlain = false;
  return true;
}

const MIN_DOTTED = 24;
const DOT = 0x2e;
const OPEN_BRACKET = 0x5b;
const LOWER_E = 0x65;
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

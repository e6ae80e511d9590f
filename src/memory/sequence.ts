import { MARKERS } from '../canonicalize/markers.js';

/**
 * What memory reads off a sequence text: `zone [flags] name VALUE value`. The trainer's `memory.py` reads the same, bound
 * by `tests/vectors/memory.json`.
 */

/** Symbols are bits 0 to 127: an ASCII character, `a` for any letter, `D` and `M` for a value encoded twice or malformed. */
export const SYMBOL_WORDS = 4;
const LETTER = 0x61;
const DEPTH_SYMBOL = 0x44;
const MALFORMED_SYMBOL = 0x4d;
const DEPTH = MARKERS.DEPTH.charCodeAt(0);
const MALFORMED = MARKERS.MALFORMED.charCodeAt(0);

/** Where the value begins. Sequences without a name have no VALUE marker. */
export function valueStart(text: string): number {
  return text.indexOf(MARKERS.VALUE) + 1 || Math.min(1, text.length);
}

/** Zone marker and name, digits folded, without flags: what a field is called on its host. */
export function fieldName(text: string): string {
  const start = valueStart(text);
  const end = text.charCodeAt(start - 1) === VALUE ? start - 1 : start;
  const head = text.slice(0, end);
  return ODD.test(head) ? head.replace(FLAGS, '').replace(DIGITS, '0') : head;
}

const VALUE = MARKERS.VALUE.charCodeAt(0);
const ODD = /[0-9\ue00c\ue00d]/;
const FLAGS = /[\ue00c\ue00d]/g;
const DIGITS = /[0-9]+/g;

/** The name of the same field on one route. The structure has none. */
export function routedName(name: string, route: string): string | null {
  return name.startsWith(MARKERS.STRUCTURE) ? null : `${name}${MARKERS.VALUE}${route}`;
}

/** The path template of a request: the first word of its structure sequence's value. */
export function routeOf(fields: readonly { readonly text: string }[]): string {
  const structure = fields.find(({ text }) => text.startsWith(MARKERS.STRUCTURE));
  return structure === undefined ? '' : structure.text.slice(valueStart(structure.text)).split(' ', 1)[0]!;
}

/** Sets the bits of the symbols of a sequence, four words of 32. */
export function symbolsOf(text: string, into: Uint32Array): void {
  into.fill(0);
  const start = valueStart(text);
  for (let i = 1; i < start; i++) {
    const code = text.charCodeAt(i);
    if (code === DEPTH) into[2]! |= 1 << (DEPTH_SYMBOL & 31);
    else if (code === MALFORMED) into[2]! |= 1 << (MALFORMED_SYMBOL & 31);
  }
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) continue;
    if (code >= 0x30 && code <= 0x39) continue;
    const lower = code | 0x20;
    if (lower >= 0x61 && lower <= 0x7a) into[3]! |= 1 << (LETTER & 31);
    else into[code >>> 5]! |= 1 << (code & 31);
  }
}

/** Symbols as one string in the order of their codes, each for itself, what is invisible by its number: `<000A>'-Da`. */
export function symbolsText(mask: ArrayLike<number>): string {
  return codesOf(mask)
    .map((code) => (isControl(code) ? `<${hex(code)}>` : String.fromCharCode(code)))
    .join('');
}

/** Symbols in words, for a list. */
export function showSymbols(mask: ArrayLike<number>): string[] {
  return codesOf(mask).map((code) => {
    if (code === LETTER) return 'letters';
    if (code === DEPTH_SYMBOL) return 'encoded twice';
    if (code === MALFORMED_SYMBOL) return 'malformed';
    if (code === 0x20) return 'blank';
    return isControl(code) ? `U+${hex(code)}` : String.fromCharCode(code);
  });
}

/** The bits that are set. */
function codesOf(mask: ArrayLike<number>): number[] {
  const codes: number[] = [];
  for (let code = 0; code < 32 * SYMBOL_WORDS; code++)
    if ((mask[code >>> 5]! & (1 << (code & 31))) !== 0) codes.push(code);
  return codes;
}

const isControl = (code: number): boolean => code < 0x20 || code === 0x7f;
const hex = (code: number): string => code.toString(16).toUpperCase().padStart(4, '0');

import { type DecodeOptions, decodeBytes, decodeText } from './decode/fixed-point.js';
import { MAX_NAME, readSimpleName, type SimpleName } from './plain-name.js';
import type { RawField } from './raw-field.js';

/** Reads a name that is made of nothing but letters, digits, `_`, `.`, `-` and brackets; `undefined` for any other. */
export function simpleName({ name, form }: RawField, options: DecodeOptions): SimpleName | undefined {
  const escaped = form === 'bytes' && name.includes('%');
  const simple = readSimpleName(name, escaped);
  if (simple !== undefined && escaped) options.onEncoding?.('percent');
  return simple;
}

/** A name decoded to its fixed point. */
export function decodedName({ name, form, plus = false }: RawField, options: DecodeOptions): string {
  return form === 'text' ? decodeText(name, options).text : decodeBytes(name, plus, options).text;
}

/** A name with each run of digits folded to one `0`. */
export function foldDigits(name: string): string {
  let out = '';
  let copied = 0;
  for (let i = 0; i < name.length; i++) {
    if (!isDigit(name.charCodeAt(i))) continue;
    const start = i;
    while (isDigit(name.charCodeAt(i + 1))) i++;
    if (i === start && name.charCodeAt(i) === ZERO) continue;
    out += `${name.slice(copied, start)}0`;
    copied = i + 1;
  }
  return copied === 0 ? name : out + name.slice(copied);
}

const ZERO = 0x30;

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

/** The end of a name too long for a sequence's prefix. */
export function tailOfName(name: string): string {
  const tail = name.slice(-MAX_NAME);
  const first = tail.charCodeAt(0);
  return first >= 0xdc00 && first <= 0xdfff ? tail.slice(1) : tail;
}

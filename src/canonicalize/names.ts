import { type DecodeOptions, decodeBytes, decodeText } from './decode/fixed-point.js';
import { decodePercent } from './decode/percent.js';
import { foldPlainName, isPlainName, MAX_NAME } from './plain-name.js';
import type { RawField } from './raw-field.js';

/** A plain name as it stands in the sequence, its digits folded; `undefined` for any other. */
export function plainName({ name, form }: RawField, options: DecodeOptions): string | undefined {
  const escaped = form === 'bytes' && name.includes('%');
  const plain = foldPlainName(name, escaped);
  if (plain !== undefined && escaped) options.onEncoding?.('percent');
  return plain;
}

/** A name decoded to its fixed point. */
export function decodedName({ name, form, plus = false }: RawField, options: DecodeOptions): string {
  if (isPlainName(name)) return name;
  if (form === 'text') return decodeText(name, options).text;
  if (name.includes('%')) {
    const plain = decodePercent(name);
    if (isPlainName(plain)) {
      options.onEncoding?.('percent');
      return plain;
    }
  }
  return decodeBytes(name, plus, options).text;
}

/** The end of a name too long for a sequence's prefix. */
export function tailOfName(name: string): string {
  const tail = name.slice(-MAX_NAME);
  const first = tail.charCodeAt(0);
  return first >= 0xdc00 && first <= 0xdfff ? tail.slice(1) : tail;
}

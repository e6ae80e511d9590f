import { suspicionOf } from '../suspicion.js';
import { textInBase64 } from './base64.js';
import { textInHex } from './hex.js';

/** Text that was base64 or hexadecimal. */
export interface EncodedText {
  readonly encoding: 'base64' | 'hex';
  readonly text: string;
}

/**
 * The text inside a value that is base64 or hexadecimal as a whole, as {@link textInBase64} and {@link textInHex} find it.
 *
 * @param stray known to have some character that is no digit of base64, padding, blank or line end.
 */
export function encodedText(value: string, stray = false, digits = true): EncodedText | undefined {
  const base64 = textInBase64(value, stray);
  if (base64 !== undefined) return { encoding: 'base64', text: base64 };
  // Each byte of text has a digit as its first half.
  const hex = digits ? textInHex(value) : undefined;
  return hex === undefined ? undefined : { encoding: 'hex', text: hex };
}

/** Shorter names, path segments and tokens are looked into nowhere: no text with syntax worth a look fits in. */
export const MIN_HIDDEN = 12;

/**
 * The same for what is no value but may be read as one: a name, a piece of a path, a token of a header. Only text with
 * syntax in it, or with text encoded once more, counts: ids of words and numbers are written so, too.
 */
export function hiddenText(value: string, stray?: boolean, digits?: boolean): EncodedText | undefined {
  if (value.length < MIN_HIDDEN) return undefined;
  const found = encodedText(value, stray, digits);
  if (found === undefined) return undefined;
  return suspicionOf(found.text) > 0 || encodedText(found.text.trim()) !== undefined ? found : undefined;
}

import { isPlainName } from './plain-name.js';

/** A number, boolean or nothing under an ordinary name needs no score: no syntax fits in it. */
export function isPlain(value: string, name: string): boolean {
  if (value.length > MAX_PLAIN || (value !== '' && FIRST[value.charCodeAt(0)] !== 1)) return false;
  return PLAIN_VALUE.test(value) && isPlainName(name);
}

/** A sign, 18 digits, a point, 18 digits. */
const MAX_PLAIN = 38;
/** What such a value starts with: asked of every value, and no for most. */
const FIRST = Uint8Array.from({ length: 128 }, (_, code) => (/[-0-9tfnu]/.test(String.fromCharCode(code)) ? 1 : 0));
const PLAIN_VALUE = /^(?:-?[0-9]{1,18}(?:\.[0-9]{1,18})?|true|false|null|undefined)?$/;

import { isPlainName } from './plain-name.js';

/** A number, boolean or nothing under an ordinary name needs no score: no syntax fits in it. */
export function isPlain(value: string, name: string): boolean {
  return value.length <= MAX_PLAIN && PLAIN_VALUE.test(value) && isPlainName(name);
}

/** A sign, 18 digits, a point, 18 digits. */
const MAX_PLAIN = 38;
const PLAIN_VALUE = /^(?:-?[0-9]{1,18}(?:\.[0-9]{1,18})?|true|false|null|undefined)?$/;

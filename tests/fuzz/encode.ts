import { Buffer } from 'node:buffer';
import type { Random } from './random.js';

const hex = (byte: string, width: number): string => byte.charCodeAt(0).toString(16).padStart(width, '0');
const each = (text: string, encode: (byte: string) => string): string => text.replace(/[\s\S]/g, encode);
const signs = (text: string, encode: (byte: string) => string): string => text.replace(/[^A-Za-z0-9]/g, encode);

/** Encodings that some decoder undoes, most of them of signs alone; byte strings in and out. */
const ENCODERS: readonly ((text: string) => string)[] = [
  (text) => signs(text, (byte) => `%${hex(byte, 2)}`),
  (text) => each(text, (byte) => `%${hex(byte, 2).toUpperCase()}`),
  (text) => signs(text, (byte) => `%u00${hex(byte, 2)}`),
  (text) => signs(text, (byte) => `&#${byte.charCodeAt(0)};`),
  (text) => signs(text, (byte) => `&#x${hex(byte, 4)}`),
  (text) => signs(text, (byte) => `\\u00${hex(byte, 2)}`),
  (text) => signs(text, (byte) => `\\u{${hex(byte, 1)}}`),
  (text) => signs(text, (byte) => `\\x${hex(byte, 2)}`),
  (text) => signs(text, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`),
  (text) => signs(text, (byte) => `\\${hex(byte, 6)} `),
  (text) => Buffer.from(text, 'latin1').toString('base64'),
  (text) => Buffer.from(text, 'latin1').toString('base64url'),
  (text) => Buffer.from(text, 'latin1').toString('hex'),
  (text) => `0x${Buffer.from(text, 'latin1').toString('hex')}`,
  // UTF-7 (RFC 2152): UTF-16BE in base64 between `+` and `-`.
  (text) =>
    signs(
      text,
      (byte) =>
        `+${Buffer.from([0, byte.charCodeAt(0)])
          .toString('base64')
          .replace(/=+$/, '')}-`,
    ),
  // Overlong UTF-8 of two bytes.
  (text) =>
    signs(text, (byte) => String.fromCharCode(0xc0 | (byte.charCodeAt(0) >> 6), 0x80 | (byte.charCodeAt(0) & 0x3f))),
  // Full-width forms as UTF-8.
  (text) => text.replace(/[!-~]/g, (byte) => utf8(String.fromCharCode(byte.charCodeAt(0) + 0xfee0))),
  (text) => each(text, (byte) => `${byte}\0`),
  (text) => each(text, (byte) => `\0${byte}`),
  (text) => text.split('').join(utf8('\u200b')),
  (text) => text.replaceAll(' ', '/**/').replaceAll(' ', '+'),
  (text) => JSON.stringify(text),
  (text) => JSON.stringify({ a: text }),
];

/** Text as a byte string of its UTF-8. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A text in up to `most` encodings, one around the other; what grew beyond 64 KiB is cut. */
export function encodeDeep(random: Random, text: string, most: number): string {
  let out = text;
  for (let layers = random.small(most); layers > 0; layers--) out = random.pick(ENCODERS)(out).slice(0, 65_536);
  return out;
}

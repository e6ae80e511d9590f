/**
 * The text inside a value that is hexadecimal as a whole (RFC 4648 section 8), with or without `0x` or SQL's `x'…'`.
 *
 * @returns text when at least 8 bytes come out (10 without a prefix) and all are visible ASCII; `undefined` otherwise:
 *   one random id of ten bytes in twenty thousand would pass, a digest never.
 */
export function textInHex(value: string): string | undefined {
  if (value.length < 18 || value.length > MAX_LENGTH) return undefined;
  const match = HEX.exec(value);
  if (match === null) return undefined;
  const digits = match[1] ?? match[2] ?? match[3]!;
  if (digits.length % 2 !== 0 || (match[3] !== undefined && (digits.length < 20 || !/[A-Fa-f]/.test(digits))))
    return undefined;
  const text = Buffer.from(digits, 'hex').toString('latin1');
  return VISIBLE.test(text) ? text : undefined;
}

const MAX_LENGTH = 65_536;
const HEX = /^(?:0[xX]([0-9A-Fa-f]{16,})|[xX]'([0-9A-Fa-f]{16,})'|([0-9A-Fa-f]+))$/;
const VISIBLE = /^[\x20-\x7e\t\r\n]+$/;

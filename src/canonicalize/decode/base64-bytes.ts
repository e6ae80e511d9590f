const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Value of each digit of either alphabet of RFC 4648 (sections 4 and 5), -1 elsewhere. */
export const BASE64_DIGITS = Int8Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code).replace('-', '+').replace('_', '/')),
);

/**
 * Whether the bytes of base64 digits cannot be UTF-8 text of which at most a share is unprintable: tells most words and
 * ids from text within their first bytes, without decoding. UTF-16 text is never ruled out.
 *
 * @param digits of either alphabet, padding apart; a blank is the `+` that a form made it of.
 */
export function isNoText(digits: string, oddShare: number): boolean {
  if (isUtf16(digits)) return false;
  // There are at most as many characters as bytes.
  const allowed = oddShare * Math.floor((digits.length * 3) / 4);
  let odd = 0;
  let bits = 0;
  let held = 0;
  /** Continuation bytes that the last lead byte asks for. */
  let wanted = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digitAt(digits, i);
    if (digit < 0) continue;
    bits = ((bits << 6) | digit) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const byte = (bits >> held) & 0xff;
    if ((byte & 0xc0) === 0x80) {
      if (wanted > 0) wanted--;
      else if (byte !== NBSP) odd++;
    } else {
      if (wanted > 0) odd++;
      wanted = byte < 0x80 ? 0 : continuationsOf(byte);
      if (wanted < 0 || (byte < 0x80 && !isPrintable(byte))) {
        odd++;
        wanted = 0;
      }
    }
    if (odd > allowed) return true;
  }
  return false;
}

function digitAt(digits: string, at: number): number {
  const code = digits.charCodeAt(at);
  return code === BLANK ? PLUS_DIGIT : code < 128 ? BASE64_DIGITS[code]! : -1;
}

const BLANK = 0x20;
const PLUS_DIGIT = 62;

/** RFC 3629 section 3; -1 for bytes that lead nothing. */
function continuationsOf(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return -1;
  return lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}

/** Latin-1's no-break space, a blank to some databases. */
const NBSP = 0xa0;

/** Blanks and visible characters; any byte beyond ASCII. */
export function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d);
}

/** Zeros in the second, fourth and sixth byte. */
function isUtf16(digits: string): boolean {
  return (
    (digitAt(digits, 1) & 0x0f) === 0 &&
    digitAt(digits, 2) >> 2 === 0 &&
    digitAt(digits, 4) === 0 &&
    digitAt(digits, 5) >> 4 === 0 &&
    (digitAt(digits, 6) & 0x03) === 0 &&
    digitAt(digits, 7) === 0
  );
}

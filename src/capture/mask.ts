/**
 * A secret as a text of the same shape: letters become `x`, digits `0`, punctuation and escapes of punctuation stay. A
 * model trained on it learns what stands in that field without learning what it was. Letters of a hexadecimal value
 * become `a` and digits of a number `1`, so that they stay what they are. Idempotent.
 */
export function mask(secret: string): string {
  return secret.split(JWT).map(maskPart).join(MASKED_JWT);
}

/** JSON web tokens replaced by one that says nothing, so that they are still recognized for what they are. */
export function maskJwts(text: string): string {
  return text.includes('eyJ') ? text.replace(JWT, MASKED_JWT) : text;
}

/** `{"alg":"none"}.{"sub":"redacted"}.` and zeros for a signature. */
const MASKED_JWT = `eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZWRhY3RlZCJ9.${'A'.repeat(43)}`;

/** RFC 7515 compact form, or RFC 7516 with five parts; the last may be cut off with the body. */
const JWT = /(?<![\w-])eyJ(?:[\w-]{4,}(?:\.[\w-]*){1,4}|[\w-]{8,}$)/g;

const UNIT = /%[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[nrtbf"'\\/]|[A-Za-z0-9]|[^\x00-\x7f]/g;

/** A JSON number (RFC 8259 section 6) must not start with a zero, so its digits become ones. */
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function maskPart(part: string): string {
  if (NUMBER.test(part)) return part.replace(/\d/g, '1');
  const bare = part.replace(/%[0-9a-fA-F]{2}/g, '');
  const hexadecimal = /\d/.test(bare) && !/[g-zG-Z]/.test(bare);
  const letter = hexadecimal ? 'a' : 'x';
  return part.replace(UNIT, (unit) => {
    let char = unit;
    if (unit[0] === '%' && unit.length === 3) char = String.fromCharCode(Number.parseInt(unit.slice(1), 16));
    else if (unit[0] === '\\') {
      if (unit[1] !== 'u' || unit.length !== 6) return unit;
      char = String.fromCharCode(Number.parseInt(unit.slice(2), 16));
    }
    if (char >= '0' && char <= '9') return '0';
    if (char >= 'A' && char <= 'Z') return letter.toUpperCase();
    if ((char >= 'a' && char <= 'z') || char > '\x7f') return letter;
    return unit;
  });
}

/**
 * Undoes quoted-printable (RFC 2045 section 6.7) in a byte string: `=27` and soft line breaks. An `=` that starts neither
 * stays, as lenient readers leave it.
 */
export function decodeQuotedPrintable(bytes: string): string {
  if (!bytes.includes('=')) return bytes;
  return bytes.replace(ESCAPE, (_, hex?: string) =>
    hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const ESCAPE = /=(?:([0-9A-Fa-f]{2})|[ \t]*\r?\n)/g;

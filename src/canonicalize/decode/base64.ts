/**
 * The text inside a value that is base64 or base64url as a whole (RFC 4648 sections 4 and 5).
 *
 * @returns text when the value is at least 16 characters of the alphabet and decodes to at least 8 bytes of which 95 %
 *   are printable; `undefined` otherwise, so that opaque ids are not mistaken for text.
 */
export function textInBase64(value: string): string | undefined {
  if (value.length < 16 || !WHOLE.test(value)) return undefined;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length < 8) return undefined;
  const text = bytes.toString('utf8');
  let printable = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code >= 0x20 && code !== 0x7f && code !== 0xfffd) || code === 0x09 || code === 0x0a || code === 0x0d)
      printable++;
  }
  return printable >= 0.95 * text.length ? text : undefined;
}

const WHOLE = /^[A-Za-z0-9+/_-]+={0,2}$/;

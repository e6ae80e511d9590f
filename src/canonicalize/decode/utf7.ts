/**
 * Undoes UTF-7's shifted sequences (RFC 2152) that hold ASCII: `+ADw-script+AD4-` is `<script>`. Such a sequence starts
 * with `+A` and decodes to visible characters only, so that signs in prose and base64 stay what they are.
 *
 * @returns the same string when there was nothing to undo. Linear in the text.
 */
export function decodeUtf7(text: string): string {
  let at = text.indexOf('+A');
  if (at < 0) return text;
  let out = '';
  let copied = 0;
  while (at >= 0) {
    let end = at + 1;
    while (end < text.length && isBase64(text.charCodeAt(end))) end++;
    const plain = end - at <= MAX_RUN ? asciiOf(text.slice(at + 1, end)) : undefined;
    if (plain !== undefined) {
      out += text.slice(copied, at) + plain;
      copied = text[end] === '-' ? end + 1 : end;
      end = copied;
    }
    at = text.indexOf('+A', end);
  }
  return copied === 0 ? text : out + text.slice(copied);
}

const MAX_RUN = 4096;

function isBase64(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2f
  );
}

/** UTF-16BE in base64 without padding, when every unit is visible ASCII. */
function asciiOf(base64: string): string | undefined {
  const bits = base64.length * 6;
  // Whole units, and less than one base64 digit of zeros behind them.
  if (bits < 16 || bits % 16 >= 6) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  let out = '';
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const code = bytes[i + 1]!;
    if (bytes[i] !== 0 || ((code < 0x20 || code > 0x7e) && code !== 0x09 && code !== 0x0a && code !== 0x0d)) {
      return undefined;
    }
    out += String.fromCharCode(code);
  }
  return out;
}

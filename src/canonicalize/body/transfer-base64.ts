/**
 * Undoes base64 as lenient readers of `Content-Transfer-Encoding: base64` do (RFC 2045 section 6.8; Python, PHP): bytes
 * that are not of the alphabet are skipped, padding or not.
 *
 * @returns a byte string; empty when nothing comes out.
 */
export function decodeTransferBase64(bytes: string): string {
  return Buffer.from(bytes.replace(NO_DIGIT, ''), 'base64').toString('latin1');
}

const NO_DIGIT = /[^A-Za-z0-9+/_-]+/g;

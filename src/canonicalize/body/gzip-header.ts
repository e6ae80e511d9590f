/**
 * The texts in the header of a gzip stream (RFC 1952 section 2.3): extra field, file name, comment. No part of what is
 * decompressed, and plain to a server that does not decompress.
 *
 * @returns byte strings without empty ones; none when the bytes are no gzip stream.
 */
export function gzipHeaderTexts(body: Buffer): string[] {
  if (!isGzip(body) || body.length < FIXED) return [];
  const flags = body[3]!;
  const texts: string[] = [];
  let at = FIXED;
  if ((flags & EXTRA) !== 0 && at + 2 <= body.length) {
    const end = Math.min(body.length, at + 2 + body.readUInt16LE(at));
    texts.push(body.toString('latin1', at + 2, end));
    at = end;
  }
  for (const flag of [NAME, COMMENT]) {
    if ((flags & flag) === 0 || at >= body.length) continue;
    const zero = body.indexOf(0, at);
    const end = zero < 0 ? body.length : zero;
    texts.push(body.toString('latin1', at, end));
    at = end + 1;
  }
  return texts.filter((text) => text !== '');
}

/** By the two magic bytes and the one method there is. */
export function isGzip(body: Buffer): boolean {
  return body[0] === 0x1f && body[1] === 0x8b && body[2] === 8;
}

const FIXED = 10;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;

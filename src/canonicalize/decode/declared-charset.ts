import type { CharsetDecoder } from './charset.js';
import { decodeEbcdic, type EbcdicPage } from './ebcdic.js';

/** How the bytes of a body are to be read. */
export interface Charset {
  /** False for charsets in which ASCII characters have other bytes (UTF-16, UTF-32, EBCDIC): all bytes must be decoded. */
  readonly ascii: boolean;
  /** Bytes of the smallest character, where not one. */
  readonly unit?: 2 | 4;
  /** The high byte of a character comes first. */
  readonly big?: boolean;
  /** @returns `undefined` when the bytes are no text in this charset. */
  readonly decode: CharsetDecoder;
}

/**
 * The charset of a body: by byte-order mark, then by the `charset` parameter (RFC 9110 section 8.3.2), then by the
 * pattern of its first bytes (XML 1.0 appendix F). `undefined` for UTF-8 and ASCII, `'unknown'` for a label that is
 * none of the Encoding Standard's, EBCDIC's or UTF-32's.
 */
export function charsetOf(body: Buffer, contentType: string): Charset | 'unknown' | undefined {
  const marked = byMark(body);
  if (marked !== undefined) return marked;
  const label = LABEL.exec(contentType)?.[1]?.toLowerCase();
  if (label !== undefined && !UTF8.has(label)) return byLabel(label, body);
  return byPattern(body) ?? (label === undefined ? byDeclaration(body) : undefined);
}

/** What an XML declaration says (XML 1.0 section 4.3.3), where it can be read as ASCII. */
function byDeclaration(body: Buffer): Charset | undefined {
  if (body[0] !== 0x3c || body[1] !== 0x3f) return undefined;
  const label = DECLARATION.exec(body.toString('latin1', 0, SAMPLE))?.[1]?.toLowerCase();
  if (label === undefined || UTF8.has(label)) return undefined;
  const charset = byLabel(label, body);
  return charset !== 'unknown' && charset.ascii ? charset : undefined;
}

const DECLARATION = /^<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})["']/;

const LABEL = /charset\s*=\s*["']?([\w.:-]{1,40})/i;
/** UTF-7 is undone with the other escapes, whoever declares it. */
const UTF8 = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii', 'utf-7', 'utf7', 'unicode-1-1-utf-7', 'binary', 'none']);

const utf16 = (big: boolean): Charset => {
  const decoder = new TextDecoder(big ? 'utf-16be' : 'utf-16le');
  return { ascii: false, unit: 2, big, decode: (bytes) => decoder.decode(bytes) };
};
const UTF16_LE = utf16(false);
const UTF16_BE = utf16(true);

const utf32 = (big: boolean): Charset => ({
  ascii: false,
  unit: 4,
  decode: (bytes) => {
    let out = '';
    for (let i = 0; i + 3 < bytes.length; i += 4) {
      const code = big ? bytes.readUInt32BE(i) : bytes.readUInt32LE(i);
      if (code !== 0xfeff) out += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    }
    return out;
  },
});
const UTF32_LE = utf32(false);
const UTF32_BE = utf32(true);

const ebcdic = (page: EbcdicPage): Charset => ({ ascii: false, decode: (bytes) => decodeEbcdic(bytes, page) });
const IBM037 = ebcdic('ibm037');
const IBM500 = ebcdic('ibm500');
const IBM1047 = ebcdic('ibm1047');

function byMark(body: Buffer): Charset | undefined {
  const [a, b, c, d] = body;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? UTF32_LE : UTF16_LE;
  if (a === 0xfe && b === 0xff) return UTF16_BE;
  return a === 0 && b === 0 && c === 0xfe && d === 0xff ? UTF32_BE : undefined;
}

function byLabel(label: string, body: Buffer): Charset | 'unknown' {
  const known = LABELS.get(label.replace(/[_-]/g, ''));
  if (known !== undefined) return known;
  // Without a mark the byte order is whichever puts the zeros of ASCII where they are.
  if (/^(?:utf-?16|ucs-?2|unicode|iso-10646-ucs-2)$/.test(label)) return isBig(body, 2) ? UTF16_BE : UTF16_LE;
  if (/^(?:utf-?32|ucs-?4)$/.test(label)) return isBig(body, 4) ? UTF32_BE : UTF32_LE;
  try {
    // What does not fit becomes U+FFFD, which takes no ASCII byte with it (Encoding Standard section 4.1).
    const decoder = new TextDecoder(label);
    return { ascii: true, decode: (bytes) => decoder.decode(bytes) };
  } catch {
    return 'unknown';
  }
}

/** Whether more characters of so many bytes start with a zero than end with one. */
function isBig(body: Buffer, unit: 2 | 4): boolean {
  const length = Math.min(body.length, SAMPLE);
  let first = 0;
  let last = 0;
  for (let i = 0; i + unit <= length; i += unit) {
    if (body[i] === 0) first++;
    if (body[i + unit - 1] === 0) last++;
  }
  return first > last;
}

const LABELS = new Map<string, Charset>([
  ['utf16le', UTF16_LE],
  ['utf16be', UTF16_BE],
  ['utf32le', UTF32_LE],
  ['utf32be', UTF32_BE],
  ...['ibm037', 'cp037', '037', 'ebcdiccpus', 'ebcdiccpca', 'csibm037'].map((name) => [name, IBM037] as const),
  ...['ibm500', 'cp500', '500', 'ebcdiccpbe', 'ebcdiccpch', 'csibm500'].map((name) => [name, IBM500] as const),
  ...['ibm1047', 'cp1047', '1047', 'ibm01047'].map((name) => [name, IBM1047] as const),
]);

/** How much of a body is looked at. */
const SAMPLE = 256;

/** UTF-16 and UTF-32 without a mark: ASCII leaves zeros in the other bytes. EBCDIC: `<?xm`. */
function byPattern(body: Buffer): Charset | undefined {
  if (body.length < 4) return undefined;
  if (body[1] === 0 && body[2] === 0 && body[3] === 0 && isText(body[0]!)) return UTF32_LE;
  if (body[0] === 0 && body[1] === 0 && body[2] === 0 && isText(body[3]!)) return UTF32_BE;
  if (body[0] === 0x4c && body[1] === 0x6f && body[2] === 0xa7 && body[3] === 0x94) return IBM037;
  if (body[0] !== 0 && body[1] !== 0) return undefined;
  const length = Math.min(body.length, SAMPLE) & ~1;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < length; i += 2) {
    if (isText(body[i]!) && body[i + 1] === 0) odd++;
    if (isText(body[i + 1]!) && body[i] === 0) even++;
  }
  if (odd * 2 >= length * 0.9) return UTF16_LE;
  return even * 2 >= length * 0.9 ? UTF16_BE : undefined;
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

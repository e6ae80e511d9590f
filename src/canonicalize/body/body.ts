import { type Charset, charsetOf } from '../decode/declared-charset.js';
import { decodeUtf7 } from '../decode/utf7.js';
import type { FieldCollector } from '../field-collector.js';
import { type BodyFacts, BodyReader } from './body-reader.js';
import { decompressed, undeclaredGzip } from './decompress.js';
import { type BodyKind, declaredKind, sniffedKind } from './media-type.js';
import { boundariesOf } from './multipart.js';
import { addRawRuns } from './opaque.js';
import { addTranscodedForm } from './transcoded-form.js';

/**
 * Adds the fields of a body. It is read as what its Content-Type declares, and also as what it looks like where that is
 * something else: an application may go by either.
 */
export function addBody(collector: FieldCollector, raw: Buffer, facts: BodyFacts): void {
  const max = collector.options.maxBodyBytes;
  if (raw.length > max) collector.account.skip('body_bytes', raw.length - max);
  const body = decompressed(collector, raw.length > max ? raw.subarray(0, max) : raw, facts.contentEncoding);
  const unpacked = undeclaredGzip(collector, body);
  if (unpacked !== undefined) addInCharset(collector, unpacked, facts);
  addInCharset(collector, body, facts);
}

function addInCharset(collector: FieldCollector, body: Buffer, facts: BodyFacts): void {
  const contentType = facts.contentTypes.join(', ');
  const charset = charsetOf(body, contentType);
  if (charset === 'unknown') collector.oddities.add('charset');
  else if (charset?.ascii) collector.useCharset(charset.decode);
  else if (charset === undefined && addUtf7(collector, body, facts)) return;
  else if (charset !== undefined) {
    collector.encodings.add('charset');
    const parts = boundariesOf(contentType);
    if (parts.some((boundary) => body.includes(`--${boundary}`))) {
      // Delimiters in ASCII around parts in the charset: servers split first and decode then.
      collector.oddities.add('charset');
      addReadings(collector, body, facts, charset);
      return;
    }
    if (!addTranscoded(collector, body, charset, facts)) return;
  }
  addReadings(collector, body, facts);
}

/** A body in a charset whose ASCII is not ASCII's. @returns true when the bytes may be meant as they stand, too. */
function addTranscoded(collector: FieldCollector, body: Buffer, charset: Charset, facts: BodyFacts): boolean {
  if (asciiShare(body) < 0.95) {
    const decoded = charset.decode(body) ?? '';
    addReadings(collector, Buffer.from(decoded, 'utf8'), facts);
    return !addRawRuns(collector, '', body.toString('latin1'), decoded, charset);
  }
  // Some servers undo percent-encoding first and read the bytes that come out in the charset.
  collector.oddities.add('charset');
  const bytes = body.toString('latin1');
  const contentType = facts.contentTypes.join(', ');
  const isForm = declaredKind(contentType) === 'form';
  return !isForm || addTranscodedForm(collector, bytes, contentType) || !FORM_LIKE.has(sniffedKind(bytes));
}

/** What a form reader alone makes sense of. */
const FORM_LIKE: ReadonlySet<BodyKind> = new Set(['form', 'other']);

/**
 * A JSON or XML document in UTF-7 (RFC 2152), whose own punctuation may be shifted. Whatever is not, is the same in ASCII,
 * so that the bytes as they stand say nothing else.
 */
function addUtf7(collector: FieldCollector, body: Buffer, facts: BodyFacts): boolean {
  const contentType = facts.contentTypes.join(', ');
  if (!UTF7.test(contentType) && !UTF7_DECLARED.test(body.toString('latin1', 0, 200))) return false;
  const bytes = body.toString('latin1');
  const text = decodeUtf7(bytes);
  const kind = sniffedKind(text);
  const declared = declaredKind(contentType);
  if (text === bytes || (kind !== 'json' && kind !== 'xml') || declared === 'form' || declared === 'multipart') {
    return false;
  }
  collector.encodings.add('utf-7');
  collector.oddities.add('charset');
  addReadings(collector, Buffer.from(text, 'latin1'), facts);
  return true;
}

const UTF7 = /charset\s*=\s*["']?(?:utf-?7|unicode-1-1-utf-7)\b/i;
const UTF7_DECLARED = /^<\?xml\s[^>]{0,100}?encoding\s*=\s*["']utf-?7["']/i;

/** The share of bytes that are visible ASCII or blanks. UTF-16 has a half of them, EBCDIC fewer. */
function asciiShare(body: Buffer): number {
  let count = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!;
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d) count++;
  }
  return body.length === 0 ? 1 : count / body.length;
}

function addReadings(collector: FieldCollector, body: Buffer, facts: BodyFacts, charset?: Charset): void {
  const bytes = body.toString('latin1');
  if (bytes.trim() !== '') new BodyReader(collector, body, bytes, facts, charset).read();
}

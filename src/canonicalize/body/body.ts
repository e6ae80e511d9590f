import { type Charset, charsetOf } from '../decode/declared-charset.js';
import { decodePercent } from '../decode/percent.js';
import type { FieldCollector } from '../field-collector.js';
import { splitPairs } from '../pairs.js';
import { type BodyFacts, BodyReader } from './body-reader.js';
import { decompressed, undeclaredGzip } from './decompress.js';
import { declaredKind } from './media-type.js';
import { boundariesOf } from './multipart.js';

/**
 * Adds the fields of a body. It is read as what its Content-Type declares, and also as what it looks like where that is
 * something else: an application may go by either.
 */
export function addBody(collector: FieldCollector, raw: Buffer, facts: BodyFacts): void {
  const max = collector.options.maxBodyBytes;
  if (raw.length > max) collector.skip('body_bytes', raw.length - max);
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
  const share = asciiShare(body);
  if (share < 0.95) {
    const text = Buffer.from(charset.decode(body) ?? '', 'utf8');
    addReadings(collector, text, facts);
    return asciiShare(text) < 0.9 && !MARK.test(body.toString('latin1', 0, 4));
  }
  // Some servers undo percent-encoding first and read the bytes that come out in the charset.
  collector.oddities.add('charset');
  if (declaredKind(facts.contentTypes.join(', ')) === 'form') {
    const decode = (part: string): string =>
      charset.decode(Buffer.from(decodePercent(part.replaceAll('+', ' ')), 'latin1')) ?? '';
    for (const [name, value] of splitPairs(body.toString('latin1'), '&')) {
      if (!name.includes('%') && !value.includes('%')) continue;
      collector.add({ zone: 'body', name: decode(name), value: decode(value), form: 'text' });
    }
  }
  return true;
}

/** A byte-order mark of UTF-16 or UTF-32. */
const MARK = /^(?:\xff\xfe|\xfe\xff|\x00\x00\xfe\xff)/;

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

import { textInBase64 } from '../decode/base64.js';
import { bytesToText } from '../decode/charset.js';
import { type Charset, charsetOf } from '../decode/declared-charset.js';
import { encodedRuns } from '../decode/encoded-runs.js';
import type { FieldCollector } from '../field-collector.js';
import { declaredKind } from './media-type.js';
import { boundariesOf, type Part, splitMultipart } from './multipart.js';
import { addOpaque, addRawRuns, addSecondReading } from './opaque.js';
import { decodeQuotedPrintable } from './quoted-printable.js';
import { decodeTransferBase64 } from './transfer-base64.js';
import { readXml } from './xml.js';

/** Reads the multipart bodies of one request: its own and those inside it. */
export class PartsReader {
  /** UTF-16 units of nested parts that may still be split: several boundaries a level would else multiply. */
  private room: number;

  /** @param outer charset of the whole body, in which ASCII characters have other bytes. */
  constructor(
    private readonly collector: FieldCollector,
    private outer?: Charset,
  ) {
    this.room = NESTED_SHARE * collector.options.maxBodyBytes;
  }

  /**
   * Adds the parts of a multipart body: file names, odd headers, contents, and parts inside parts.
   *
   * @returns false when the boundary does not occur.
   */
  add(bytes: string, boundary: string, depth = 1): boolean {
    const parts = splitMultipart(bytes, boundary);
    const named = charsetField(parts);
    if (named?.ascii) this.collector.useCharset(named.decode);
    else this.outer ??= named;
    for (const part of parts) {
      for (const value of part.filenames) this.addText('filename', value);
      if (part.odd !== '') this.addOddHeaders(part.odd);
      if (!this.addNested(part, depth)) this.addContent(part);
    }
    return parts.length > 0;
  }

  /** Headers whole, and what a value or a token of one holds in a format of its own. */
  private addOddHeaders(odd: string): void {
    const { collector } = this;
    const raw = { zone: 'body', name: 'part-header', form: 'bytes' } as const;
    collector.add({ ...raw, value: odd });
    for (const line of odd.split('\n', MAX_HEADERS)) {
      const value = line.slice(line.indexOf(':') + 1).trim();
      if (collector.addHidden({ ...raw, value })) continue;
      for (const run of encodedRuns(value)) if (run !== value) collector.addHidden({ ...raw, value: run });
    }
  }

  /** `multipart/mixed` inside a form, as several files under one name were sent once (RFC 7578 section 4.3). */
  private addNested({ contentType, content }: Part, depth: number): boolean {
    if (declaredKind(contentType) !== 'multipart') return false;
    if (!this.collector.account.hasTime(content.length)) return false;
    if (depth >= this.collector.options.maxDepth || content.length > this.room) {
      this.collector.account.note('depth');
      return false;
    }
    const split = boundariesOf(`;${contentType}`).filter((inner) => {
      if (content.length > this.room) return false;
      this.room -= content.length;
      return this.add(content, inner, depth + 1);
    });
    return split.length > 0;
  }

  private addContent({ name, filenames, contentType, transferEncoding, content }: Part): void {
    const { collector } = this;
    const buffer = (): Buffer => Buffer.from(content, 'latin1');
    // A mark, a zero or a parameter is what another charset takes.
    const charset =
      /charset/i.test(contentType) || UNUSUAL.test(content) ? charsetOf(buffer(), contentType) : undefined;
    const text = charset === undefined || charset === 'unknown' ? undefined : charset.decode(buffer());
    const other = text === undefined || typeof charset !== 'object' || charset.ascii ? undefined : charset;
    if (other === undefined || !addRawRuns(collector, name, content, text!, other)) {
      if (filenames.length > 0) addOpaque(collector, name, content, false);
      else this.addText(name, content);
    }
    if (transferEncoding === 'quoted-printable') {
      const decoded = decodeQuotedPrintable(content);
      if (decoded !== content) addSecondReading(collector, name, decoded);
    }
    if (transferEncoding === 'base64' && textInBase64(content.trim()) === undefined) {
      const decoded = decodeTransferBase64(content);
      if (decoded !== '') addSecondReading(collector, name, decoded);
    }
    if (text !== undefined && text !== content) collector.add({ zone: 'body', name, value: text, form: 'text' });
    if (declaredKind(contentType) === 'xml') {
      const xml = readXml(buffer().toString('utf8'));
      if (xml.ownDtd) collector.oddities.add('dtd');
      if (!xml.wellFormed) collector.oddities.add('malformed');
      collector.addValues({ zone: 'body', malformed: xml.ownDtd || !xml.wellFormed }, name, xml, 1);
    }
  }

  /** A value as it stands and, where the whole body has a charset of its own, in that; its name likewise. */
  private addText(name: string, value: string): void {
    const { collector, outer } = this;
    const decode = (bytes: string): string => outer?.decode(Buffer.from(bytes, 'latin1')) ?? bytesToText(bytes);
    const text = outer === undefined || name === '_charset_' ? undefined : decode(value);
    if (text === undefined || !addRawRuns(collector, name, value, text, outer!)) {
      collector.add({ zone: 'body', name, value, form: 'bytes' });
    }
    if (text === undefined) return;
    collector.add({ zone: 'body', name: HIGH.test(name) ? decode(name) : name, value: text, form: 'text' });
  }
}

/** Nested parts are split as long as they are this many times a body's bound together. */
const NESTED_SHARE = 4;
/** More than any part has. */
const MAX_HEADERS = 32;
const HIGH = /[\x80-\xff]/;
const UNUSUAL = /^(?:\xff\xfe|\xfe\xff|\x00|.\x00)/;

/** The charset that a form names in a field of its own (HTML Living Standard section 4.10.21.5, RFC 7578 section 4.6). */
function charsetField(parts: readonly Part[]): Charset | undefined {
  const label = parts.find(({ name }) => name === '_charset_')?.content;
  if (label === undefined) return undefined;
  const charset = charsetOf(NO_BYTES, `;charset=${label.slice(0, 40)}`);
  return charset === 'unknown' ? undefined : charset;
}

const NO_BYTES = Buffer.alloc(0);

import type { Oddity } from '../canonical-request.js';
import { bytesToText } from '../decode/charset.js';
import { type Charset, charsetOf } from '../decode/declared-charset.js';
import { decodePercent } from '../decode/percent.js';
import type { FieldCollector } from '../field-collector.js';
import { addPairs, splitPairs } from '../pairs.js';
import { isBinary } from './binary.js';
import { readGrpc } from './grpc.js';
import { inflate } from './inflate.js';
import { readJson } from './json.js';
import { type BodyKind, declaredKind, sniffedKind } from './media-type.js';
import { boundariesOf, boundaryInside } from './multipart.js';
import { addOpaque } from './opaque.js';
import { addParts } from './parts.js';
import { readProtobuf } from './protobuf.js';
import { readXml } from './xml.js';

/** What is known about a body from outside. */
export interface BodyFacts {
  /** Every Content-Type, as it stands. */
  readonly contentTypes: readonly string[];
  /** Joined, empty when absent. */
  readonly contentEncoding: string;
  readonly grpcEncoding: string;
  /** The rest was not handed over, so that the body's end says nothing about its form. */
  readonly cut: boolean;
}

/**
 * Adds the fields of a body. It is read as what its Content-Type declares, and also as what it looks like where that is
 * something else: an application may go by either.
 */
export function addBody(collector: FieldCollector, raw: Buffer, facts: BodyFacts): void {
  const body = decompressed(collector, raw, facts.contentEncoding);
  const contentType = facts.contentTypes.join(', ');
  const charset = charsetOf(body, contentType);
  if (charset === 'unknown') collector.oddities.add('charset');
  else if (charset?.ascii) collector.useCharset(charset.decode);
  else if (charset !== undefined) {
    collector.encodings.add('charset');
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

function addReadings(collector: FieldCollector, body: Buffer, facts: BodyFacts): void {
  const bytes = body.toString('latin1');
  if (bytes.trim() === '') return;
  new BodyReader(collector, body, bytes, facts).read();
}

/** One body's bytes and the readings that make sense of them. */
class BodyReader {
  private readonly contentType: string;
  private readonly declared: readonly BodyKind[];
  private readonly sniffed: BodyKind;
  private decoded: string | undefined;

  constructor(
    private readonly collector: FieldCollector,
    private readonly body: Buffer,
    private readonly bytes: string,
    private readonly facts: BodyFacts,
  ) {
    this.contentType = facts.contentTypes.join(', ');
    const kinds = this.contentType.split(',').map(declaredKind);
    this.declared = [...new Set(kinds.filter((kind) => kind !== 'other'))];
    this.sniffed = sniffedKind(bytes);
  }

  read(): void {
    const { declared, sniffed } = this;
    if (this.facts.contentTypes.length > 1 || declared.length > 1) this.odd('content_type_repeated');
    if (this.contentType.trim() === '') this.odd('content_type_missing');
    let read = false;
    for (const kind of declared) if (this.readDeclared(kind)) read = true;
    // A multipart body may have another boundary than the declared one.
    const other = !declared.includes(sniffed) || (sniffed === 'multipart' && !read);
    if (other && this.readSniffed(sniffed, read)) {
      if (declared.length > 0) this.odd('content_type_wrong');
      read = true;
    }
    if (!read) addOpaque(this.collector, '', this.bytes, declared.includes('multipart'));
  }

  /** @returns false when the body is nothing of the kind. */
  private readDeclared(kind: BodyKind): boolean {
    switch (kind) {
      case 'json':
        return this.addJson(true);
      case 'xml':
        return this.addXml(true);
      case 'form':
        return this.addForm();
      case 'multipart':
        return (
          boundariesOf(this.contentType).filter((boundary) => addParts(this.collector, this.bytes, boundary)).length > 0
        );
      case 'graphql':
        this.collector.add({ zone: 'body', name: 'query', value: this.bytes, form: 'bytes' });
        return true;
      case 'grpc':
        return this.addGrpc();
      case 'protobuf':
        return this.addProtobuf(this.body);
      default:
        return false;
    }
  }

  /** @param read whether another reading has taken the body already. */
  private readSniffed(kind: BodyKind, read: boolean): boolean {
    switch (kind) {
      case 'json':
        return this.addJson(false);
      case 'xml':
        // Markup is text as well as structure, unless some other reading holds the text.
        if (this.addXml(false) && !read) addOpaque(this.collector, '', this.bytes, false);
        return this.xmlRead;
      case 'multipart':
        return addParts(this.collector, this.bytes, boundaryInside(this.bytes)!);
      case 'form':
        addPairs(this.collector, 'body', splitPairs(this.bytes.trim(), '&'));
        return true;
      default:
        return false;
    }
  }

  private addJson(claimed: boolean): boolean {
    const { collector } = this;
    const text = this.text().replace(BYTE_ORDER_MARK, '');
    const json = readJson(text, collector.options.maxDepth);
    if (!json.wellFormed && !claimed) return false;
    collector.encodings.add('json');
    const malformed = !json.wellFormed && !this.facts.cut;
    collector.addValues({ zone: 'body', malformed }, '', json, 0);
    const rest = text.slice(json.end).trim();
    if (malformed) this.odd('malformed');
    if (json.tooDeep) collector.limits.add('depth');
    if (!json.wellFormed && rest !== '')
      collector.add({ zone: 'body', name: '', value: rest, form: 'text', malformed });
    return true;
  }

  private xmlRead = false;

  private addXml(claimed: boolean): boolean {
    const { collector } = this;
    const text = this.text();
    const xml = readXml(text);
    if (!xml.wellFormed && !claimed) return false;
    collector.encodings.add('xml');
    const malformed = !xml.wellFormed && !this.facts.cut;
    if (xml.ownDtd) this.odd('dtd');
    if (malformed) this.odd('malformed');
    collector.addValues({ zone: 'body', malformed: malformed || xml.ownDtd }, '', xml, 0);
    const rest = text.slice(xml.end).trim();
    if (rest !== '') collector.add({ zone: 'body', name: '', value: rest, form: 'text', malformed });
    this.xmlRead = true;
    return true;
  }

  /** A form that is JSON all over has the parameters only that a form reader would find under a name of their own. */
  private addForm(): boolean {
    const pairs = splitPairs(this.bytes.trim(), '&');
    const isJson = this.sniffed === 'json' && readJson(this.text(), this.collector.options.maxDepth).wellFormed;
    addPairs(
      this.collector,
      'body',
      isJson ? pairs.slice(1).filter(([name, value]) => value !== '' && OWN_NAME.test(name)) : pairs,
    );
    return true;
  }

  private addGrpc(): boolean {
    const { collector } = this;
    const frames = readGrpc(this.body, this.contentType.toLowerCase().includes('grpc-web-text'));
    if (frames === undefined) return false;
    collector.encodings.add('grpc');
    for (const { compressed, trailers, message } of frames) {
      if (trailers) {
        addOpaque(collector, 'trailers', message.toString('latin1'), false);
        continue;
      }
      const plain = compressed
        ? inflate(message, this.facts.grpcEncoding || 'gzip', collector.options.maxBodyBytes)
        : { bytes: message, unread: 0 };
      if (plain.unread > 0) collector.skip('content_encoding', plain.unread);
      if (!this.addProtobuf(plain.bytes)) addOpaque(collector, '', plain.bytes.toString('latin1'), true);
    }
    return true;
  }

  private addProtobuf(message: Buffer): boolean {
    const { collector } = this;
    const reading = readProtobuf(message, collector.options.maxDepth);
    if (reading === undefined) return false;
    for (let i = 0; i < reading.paths.length; i++) addOpaque(collector, reading.paths[i]!, reading.values[i]!, false);
    return true;
  }

  private text(): string {
    const charset = charsetOf(this.body, this.contentType);
    this.decoded ??= bytesToText(this.bytes, typeof charset === 'object' && charset.ascii ? charset.decode : undefined);
    return this.decoded;
  }

  private odd(oddity: Oddity): void {
    this.collector.oddities.add(oddity);
  }
}

const BYTE_ORDER_MARK = /^\ufeff/;
const OWN_NAME = /^[A-Za-z0-9_.[\]%-]{1,60}$/;

function decompressed(collector: FieldCollector, raw: Buffer, contentEncoding: string): Buffer {
  const max = collector.options.maxBodyBytes;
  if (raw.length > max) collector.skip('body_bytes', raw.length - max);
  const body = raw.length > max ? raw.subarray(0, max) : raw;
  if (contentEncoding === '' || body.length === 0) return body;
  const { bytes, unread, failed } = inflate(body, contentEncoding, max);
  if (failed !== undefined) {
    collector.oddities.add('malformed');
    collector.addMalformed('body', 'content-encoding', failed);
    // Many servers ignore Content-Encoding on requests, so text that does not decompress is read as it stands.
    if (bytes.length === 0 && !isBinary(body.toString('latin1'))) {
      collector.limits.add('content_encoding');
      return body;
    }
  }
  if (bytes !== body) collector.encodings.add('compressed');
  if (unread > 0) collector.skip('content_encoding', unread);
  if (bytes.length > 0) collector.useScale((body.length - unread) / bytes.length);
  return bytes;
}

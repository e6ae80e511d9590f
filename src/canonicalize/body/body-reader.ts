import type { Oddity } from '../canonical-request.js';
import { bytesToText, keepAscii } from '../decode/charset.js';
import { type Charset, charsetOf } from '../decode/declared-charset.js';
import type { FieldCollector } from '../field-collector.js';
import { addPairs, splitPairs } from '../pairs.js';
import { isComplete } from './complete.js';
import { readGrpc } from './grpc.js';
import { inflate } from './inflate.js';
import { type JsonReading, readJson } from './json.js';
import { type BodyKind, declaredKind, sniffedKind } from './media-type.js';
import { boundariesOf, boundaryInside } from './multipart.js';
import { addOpaque, addSecondReading } from './opaque.js';
import { PartsReader } from './parts.js';
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

/** One body's bytes and the readings that make sense of them. */
export class BodyReader {
  private readonly contentType: string;
  private readonly declared: readonly BodyKind[];
  private readonly sniffed: BodyKind;
  private readonly parts: PartsReader;
  private complete: boolean | undefined;
  private decoded: string | undefined;
  /** The reading of the whole body that keeps ASCII bytes which `decoded` has as halves of other characters. */
  private asciiKept: string | undefined;

  /** @param charset of the parts of a multipart body, where its delimiters are not in it. */
  constructor(
    private readonly collector: FieldCollector,
    private readonly body: Buffer,
    private readonly bytes: string,
    private readonly facts: BodyFacts,
    charset?: Charset,
  ) {
    this.parts = new PartsReader(collector, charset);
    this.contentType = facts.contentTypes.join(', ');
    const kinds = this.contentType.split(',').map(declaredKind);
    this.declared = [...new Set(kinds.filter((kind) => kind !== 'other'))];
    this.sniffed = sniffedKind(bytes);
  }

  read(): void {
    const { declared, sniffed } = this;
    if (this.facts.contentTypes.length > 1 || declared.length > 1) this.odd('content_type_repeated');
    if (this.contentType.trim() === '') this.odd('content_type_missing');
    const isAllThere = this.isComplete();
    let read = false;
    for (const kind of declared) {
      if (isAllThere && kind !== sniffed && (FAILING.has(kind) || (kind === 'form' && sniffed !== 'json'))) {
        this.odd('malformed');
      } else if ((!read || this.hasTime()) && this.readDeclared(kind)) read = true;
    }
    // A multipart body may have another boundary than the declared one.
    const other = !declared.includes(sniffed) || (sniffed === 'multipart' && !read);
    if (other && (!read || this.hasTime()) && this.readSniffed(sniffed, read)) {
      if (declared.length > 0) this.odd('content_type_wrong');
      read = true;
    }
    if (!read) addOpaque(this.collector, '', this.bytes, declared.includes('multipart'));
  }

  /** Whether there is time for another reading of it all. */
  private hasTime(): boolean {
    return this.collector.account.hasTime(this.bytes.length);
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
        return boundariesOf(this.contentType).filter((boundary) => this.parts.add(this.bytes, boundary)).length > 0;
      case 'graphql':
        this.collector.add({ zone: 'body', name: 'query', value: this.bytes, form: 'bytes' });
        return true;
      case 'grpc':
        return this.addGrpc();
      case 'protobuf':
        return this.addProtobuf(this.body, this.facts.cut);
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
        // Markup is text as well as structure, unless some other reading holds the text, or the structure all of it.
        if (this.addXml(false) && !read && !this.isComplete()) addOpaque(this.collector, '', this.bytes, false);
        return this.xmlRead;
      case 'multipart':
        return this.parts.add(this.bytes, boundaryInside(this.bytes)!);
      case 'form':
        addPairs(this.collector, 'body', splitPairs(this.bytes.trim(), '&'));
        return true;
      default:
        return false;
    }
  }

  /** Whether the body is wholly what it looks like, whatever else it is declared to be. */
  private isComplete(): boolean {
    const { sniffed, declared } = this;
    if (this.facts.cut || (declared.length === 1 && declared[0] === sniffed)) return false;
    this.complete ??= isComplete(sniffed, this.bytes, () => this.text(), this.collector.options.maxDepth);
    return this.complete;
  }

  private addJson(claimed: boolean): boolean {
    const { collector } = this;
    const { text, json } = this.json();
    if (!json.wellFormed && !claimed) return false;
    collector.encodings.add('json');
    const malformed = !json.wellFormed && !this.facts.cut;
    collector.addValues({ zone: 'body', malformed }, '', json, 0);
    if (this.asciiKept !== undefined) {
      const kept = readJson(this.asciiKept, collector.options.maxDepth);
      collector.addValues({ zone: 'body', malformed }, '', undecodable(kept), 0);
    }
    const rest = text.slice(json.end).trim();
    if (malformed) this.odd('malformed');
    if (json.tooDeep) collector.account.note('depth');
    if (!json.wellFormed && !FEW_CLOSERS.test(rest)) {
      collector.add({ zone: 'body', name: '', value: rest, form: 'text', malformed });
    }
    return true;
  }

  private xmlRead = false;
  private jsonRead: { readonly text: string; readonly json: JsonReading } | undefined;

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
    if (this.asciiKept !== undefined) {
      collector.addValues({ zone: 'body', malformed }, '', undecodable(readXml(this.asciiKept)), 0);
    }
    const rest = text.slice(xml.end).trim();
    if (rest !== '') collector.add({ zone: 'body', name: '', value: rest, form: 'text', malformed });
    this.xmlRead = true;
    return true;
  }

  /** A form that is JSON all over has the parameters only that a form reader would find under a name of their own. */
  private addForm(): boolean {
    const pairs = splitPairs(this.bytes.trim(), '&');
    const isJson = this.sniffed === 'json' && this.json().json.wellFormed;
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
      if (plain.unread > 0) collector.account.skip('content_encoding', plain.unread);
      if (!this.addProtobuf(plain.bytes, this.facts.cut || plain.unread > 0))
        addOpaque(collector, '', plain.bytes.toString('latin1'), true);
    }
    return true;
  }

  private addProtobuf(message: Buffer, cut: boolean): boolean {
    const { collector } = this;
    const values = readProtobuf(message, collector.options.maxDepth, cut);
    for (const { path, bytes, again } of values ?? []) {
      if (again) addSecondReading(collector, path, bytes);
      else addOpaque(collector, path, bytes, false);
    }
    return values !== undefined;
  }

  private json(): { readonly text: string; readonly json: JsonReading } {
    if (this.jsonRead === undefined) {
      const text = this.text().replace(BYTE_ORDER_MARK, '');
      this.jsonRead = { text, json: readJson(text, this.collector.options.maxDepth) };
    }
    return this.jsonRead;
  }

  private text(): string {
    if (this.decoded !== undefined) return this.decoded;
    const charset = charsetOf(this.body, this.contentType);
    const declared = typeof charset === 'object' && charset.ascii ? charset.decode : undefined;
    const keep = (): void => {
      this.asciiKept = keepAscii(this.body);
    };
    this.decoded = bytesToText(this.bytes, declared, keep, this.body);
    return this.decoded;
  }

  private odd(oddity: Oddity): void {
    this.collector.oddities.add(oddity);
  }
}

/** Declared readings of which nothing comes out but the text, when the body is something else. */
const FAILING: ReadonlySet<BodyKind> = new Set(['json', 'xml']);
/** No more than a template's stray brackets behind a document, which say nothing that `malformed` does not. */
const FEW_CLOSERS = /^[\]}\s]{0,8}$/;
const BYTE_ORDER_MARK = /^\ufeff/;
const OWN_NAME = /^[A-Za-z0-9_.[\]%-]{1,60}$/;

/** Of a reading's values those in which something does not decode. */
function undecodable({ paths, values }: { readonly paths: readonly string[]; readonly values: readonly string[] }) {
  const odd = values.flatMap((value, i) => (value.includes('\ufffd') ? [i] : []));
  return { paths: odd.map((i) => paths[i]!), values: odd.map((i) => values[i]!) };
}

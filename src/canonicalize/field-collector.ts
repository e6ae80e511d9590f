import { boundValue } from './bound-value.js';
import type { ByteAccount } from './byte-account.js';
import type { CanonicalField, Oddity, Zone } from './canonical-request.js';
import { keepAscii } from './decode/charset.js';
import { MIN_HIDDEN } from './decode/encoded-text.js';
import { type Decoded, type DecodeOptions, decodeBytes, decodeText } from './decode/fixed-point.js';
import { evenBlanks } from './even-blanks.js';
import { fieldOf, ZONE_MARKER } from './field.js';
import { type FurtherReading, furtherReadings } from './further-readings.js';
import { hiddenIn, type Inside, insideOf, type Structure, structureOf } from './inside.js';
import type { CanonicalizeLimits } from './limits.js';
import { MARKERS } from './markers.js';
import { decodedName, foldDigits, simpleName, tailOfName } from './names.js';
import { type LateField, Overflow } from './overflow.js';
import { replaceIds } from './placeholders.js';
import { MAX_NAME } from './plain-name.js';
import { isPlain } from './plain-value.js';
import type { RawField } from './raw-field.js';
import { traitsOf } from './traits.js';

/**
 * Collects the fields of one request: decodes each value to its fixed point, follows JSON and base64 inside it, puts
 * placeholders in, builds the sequence text, and tells the account of every byte that a limit left unread.
 */
export class FieldCollector {
  readonly fields: CanonicalField[] = [];
  readonly encodings = new Set<string>();
  /** Distinct parameter names, for the structure sequence. */
  readonly parameterNames = new Set<string>();
  readonly oddities = new Set<Oddity>();
  private readonly overflow: Overflow<Late>;
  private draining = false;
  /** Names whose own fields are added already: one path of a JSON text names many of its values. */
  private readonly oddNames = new Set<string>();
  /** Names whose inside is scored already. */
  private readonly openedNames = new Set<string>();
  private decoding: DecodeOptions;
  /** The bytes decoded last have another reading with more ASCII in it. */
  private swallowed = false;

  constructor(
    readonly options: CanonicalizeLimits,
    readonly account: ByteAccount,
  ) {
    this.decoding = {
      maxSteps: options.maxDecodeSteps,
      onEncoding: (name) => this.encodings.add(name),
      onSwallowed: () => {
        this.swallowed = true;
      },
    };
    this.overflow = new Overflow(options.maxValueBytes);
  }

  /** From here on, bytes that are no UTF-8 are read by this charset first. */
  useCharset(charset: DecodeOptions['charset']): void {
    this.decoding = { ...this.decoding, charset };
  }

  add(raw: RawField): void {
    if (!this.account.hasTimeToRead(raw.name.length + raw.value.length)) return;
    const name = this.nameOf(raw);
    this.noteParameter(raw, name);
    this.addNamed(raw, name, 0);
  }

  /** The name as it stands in the sequence; adds what it holds itself. */
  private nameOf(raw: RawField): string {
    const simple = simpleName(raw, this.decoding);
    if (simple !== undefined && !simple.mayHide) return simple.folded;
    const name = decodedName(raw, this.decoding);
    if (name.length >= MIN_HIDDEN) this.addInsideName(raw, name);
    return simple?.folded ?? this.oddName(raw, name);
  }

  private noteParameter({ zone, inner }: Pick<RawField, 'zone' | 'inner'>, name: string): void {
    if ((zone === 'query' || zone === 'body') && !inner) this.parameterNames.add(name);
  }

  /**
   * Adds what a piece of the request that is scored otherwise, or needs no score, holds in a format of its own: a path
   * segment, a token of a well-formed header.
   *
   * @returns false when it holds nothing.
   */
  addHidden(raw: RawField): boolean {
    if (raw.value.length < MIN_HIDDEN || !this.account.hasTime(raw.value.length)) return false;
    const decoded = this.decode(raw, '', boundValue(raw.value, this.options.maxValueBytes));
    const hidden = this.hiddenIn(decoded.text, decoded.traits);
    if (hidden === undefined) return false;
    this.addInside({ ...raw, inner: true }, this.canonicalName(raw), hidden, 0);
    return true;
  }

  /** Adds the one sequence about the request's shape, canonical already; it has its place whatever `maxFields` says. */
  addStructure(name: string, value: string): void {
    this.fields.push(fieldOf('structure', name, value));
  }

  /** Says that a part of the request is not what it claims to be; `what` is a word of ours. */
  addMalformed(zone: Zone, name: string, what: string): void {
    this.push(zone, name, what, ZONE_MARKER[zone] + MARKERS.MALFORMED);
  }

  /** Adds what exceeded `maxFields`; call once, at the end. */
  finish(): void {
    this.draining = true;
    const { chosen, dropped } = this.overflow.choose();
    if (dropped > 0) this.account.skip('fields', dropped);
    for (const { raw, name, nesting, value } of chosen) this.addNamed(raw, name, nesting, value);
    for (const [zone, text] of this.overflow.texts()) this.fields.push(fieldOf(zone, '', text));
  }

  /** @param nesting how many containers (JSON, base64) this value was found inside of. */
  private addNamed(raw: RawField, name: string, nesting: number, rawValue = raw.value): void {
    if (isPlain(rawValue, name)) return;
    if (!this.draining && this.fields.length >= this.options.maxFields) {
      this.account.note('fields');
      const nameBytes = raw.nameBytes ?? name.length;
      const rank = this.overflow.rankOf(name, rawValue, nameBytes);
      if (rank >= 0) this.overflow.wait(rank, { raw, name, nameBytes, nesting, value: rawValue });
      return;
    }
    const value = this.bounded(rawValue);
    const { text, depth, settled, traits, start } = this.decode(raw, name, value);
    if (!settled) this.account.note('decode_steps');
    if (text !== rawValue && isPlain(text, name)) return;
    if (nesting >= this.options.maxDepth) this.account.note('depth');
    else {
      const inside = this.insideOf(name, text, traits, start);
      if (inside !== undefined && this.addInside(raw, name, inside, nesting)) return;
    }
    const deep = depth > 1 || nesting > 1;
    const zoned = (raw.marker ?? ZONE_MARKER[raw.zone]) + (deep ? MARKERS.DEPTH : '');
    const marker = raw.malformed ? zoned + MARKERS.MALFORMED : zoned;
    const even = evenBlanks(text, traits);
    this.push(raw.zone, name, replaceIds(even, traits), marker);
    for (const reading of furtherReadings(name, even, traits)) this.addReading(raw.zone, name, reading, marker);
  }

  private addReading(zone: Zone, name: string, { encoding, text }: FurtherReading, marker: string): void {
    this.encodings.add(encoding);
    this.push(zone, name, replaceIds(text), marker);
  }

  /** Decodes a value; where a charset swallowed ASCII characters, adds the reading that keeps them. */
  private decode(raw: RawField, name: string, value: string): Decoded {
    if (raw.form === 'text') return decodeText(value, this.decoding);
    const plus = raw.plus ?? false;
    this.swallowed = false;
    const decoded = decodeBytes(value, plus, this.decoding);
    if (this.swallowed) {
      const other = decodeBytes(value, plus, { ...this.decoding, charset: keepAscii, onSwallowed: undefined });
      this.push(raw.zone, name, replaceIds(evenBlanks(other.text)), raw.marker ?? ZONE_MARKER[raw.zone]);
    }
    return decoded;
  }

  /**
   * What is inside a value, at first as it stood before its escapes were undone: those of a structure's strings belong to
   * the strings, and one of a quote would end them.
   */
  private insideOf(name: string, text: string, traits: number, start: string): Inside | undefined {
    const { maxDepth } = this.options;
    if (start !== text) {
      const before = start.trim();
      const structure = structureOf(before, name, maxDepth, traitsOf(before));
      if (structure !== undefined) return structure;
    }
    const bare = text.trim();
    return insideOf(bare, name, maxDepth, bare.length === text.length ? traits : traitsOf(bare));
  }

  /** Follows JSON, base64 and the like. @returns true when the parts stand for the whole value. */
  private addInside(raw: RawField, name: string, inside: Inside, nesting: number): boolean {
    this.encodings.add(inside.encoding);
    if ('text' in inside) {
      const part: RawField = { ...raw, value: inside.text, form: 'text', plus: false, marker: MARKERS.DECODED };
      this.addNamed(part, name, nesting + 1);
      return false;
    }
    const inner = raw.inner || inside.encoding === 'jwt';
    this.addValues({ ...raw, inner }, name, inside, nesting + 1);
    return inside.whole;
  }

  private hiddenIn(text: string, traits: number): Inside | undefined {
    const bare = text.trim();
    return hiddenIn(bare, this.options.maxDepth, bare.length === text.length ? traits : traitsOf(bare));
  }

  /** Adds what a name holds in a format of its own, once for all fields of that name. */
  private addInsideName({ zone }: RawField, name: string): void {
    const bound = boundValue(name, this.options.maxValueBytes);
    const hidden = this.hiddenIn(bound, traitsOf(bound));
    if (hidden === undefined || this.openedNames.has(name)) return;
    this.openedNames.add(name);
    this.addInside({ zone, name: '', value: name, form: 'text', inner: true }, '', hidden, 0);
  }

  /** Adds the values of a text that has a structure (JSON, XML, …), under the name of the field that held it. */
  addValues(
    raw: Pick<RawField, 'zone' | 'malformed' | 'inner'>,
    name: string,
    { paths, values }: Pick<Structure, 'paths' | 'values'>,
    nesting: number,
  ): void {
    const { zone, malformed, inner } = raw;
    const known = new Map<string, { readonly raw: RawField; readonly canonical: string }>();
    for (let i = 0; i < paths.length; i++) {
      const path = paths[i]!;
      if (!this.draining && !this.account.hasTimeToRead(values[i]!.length)) continue;
      let found = known.get(path);
      if (found === undefined) {
        const dotted = name === '' || path === '' ? name + path : `${name}.${path}`;
        const raw: RawField = {
          zone,
          name: dotted,
          nameBytes: path.length - path.lastIndexOf('.') - 1,
          value: '',
          form: 'text',
          malformed,
          inner,
          marker: MARKERS.BODY,
        };
        found = { raw, canonical: this.canonicalName(raw) };
        known.set(path, found);
        this.noteParameter(raw, found.canonical);
      }
      this.addNamed(found.raw, found.canonical, nesting, values[i]!);
    }
  }

  private push(zone: Zone, name: string, value: string, marker: string): void {
    if (!this.draining && this.fields.length < this.options.maxFields) {
      this.fields.push(fieldOf(zone, name, value, marker));
      return;
    }
    this.account.note('fields');
    if (!this.overflow.join(zone, name, value)) this.account.skip('fields', name.length + value.length + 1);
  }

  /** The name as it stands in the sequence. */
  private canonicalName(raw: RawField): string {
    return simpleName(raw, this.decoding)?.folded ?? this.oddName(raw, decodedName(raw, this.decoding));
  }

  /**
   * The same of one that is not simple. One too long for a prefix is scored as a value too, so none of it escapes, and so are
   * the further readings of each.
   */
  private oddName(raw: RawField, decoded: string): string {
    const even = evenBlanks(decoded);
    const folded = foldDigits(even);
    const isLong = folded.length > MAX_NAME;
    if (!this.oddNames.has(decoded)) {
      this.oddNames.add(decoded);
      const kept = this.bounded(even);
      const marker = raw.marker ?? ZONE_MARKER[raw.zone];
      if (isLong) this.push(raw.zone, '', replaceIds(kept), marker);
      for (const reading of furtherReadings('', kept, traitsOf(kept))) this.addReading(raw.zone, '', reading, marker);
    }
    return isLong ? tailOfName(folded) : folded;
  }

  private bounded(value: string): string {
    const kept = boundValue(value, this.options.maxValueBytes);
    if (kept !== value) this.account.skip('value_bytes', value.length - kept.length);
    return kept;
  }
}

/** A value that waits for the end, with what reading it takes. */
interface Late extends LateField {
  /** Its own value aside. */
  readonly raw: RawField;
  readonly nesting: number;
}

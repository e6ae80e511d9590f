import type { CanonicalField, CanonicalRequest } from '../canonicalize/canonical-request.js';
import { MARKER_BASE, MARKERS } from '../canonicalize/markers.js';
import { BpeEncoder } from './bpe.js';
import type { Encoding, Window } from './encoding.js';
import { TokenizerError } from './tokenizer-error.js';
import { loadVocabulary, type Vocabulary } from './vocabulary.js';
import {
  type Candidate,
  cutWindow,
  fitBudget,
  marksOf,
  planWindows,
  type WindowPlan,
  type WindowShape,
} from './windows.js';

const CLS = MARKERS.CLS.charCodeAt(0) - MARKER_BASE;
const VALUE = MARKERS.VALUE.charCodeAt(0) - MARKER_BASE;

export interface TokenizerLimits {
  /** Most windows a request; 512 windows are about 35 KB of text that no cache knows. Integer from 1 up. */
  readonly maxWindows: number;
}

/** Canonical text to model inputs. Pure and synchronous, but holds scratch memory: one instance a thread. */
export class Tokenizer {
  private readonly encoder: BpeEncoder;

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly shape: WindowShape,
  ) {
    this.encoder = new BpeEncoder(vocabulary);
  }

  /**
   * Loads a tokenizer.json. @throws TokenizerError when it is not the tokenizer implemented here, or when it has ids that
   * a model of `vocabSize` embeddings does not know.
   */
  static load(path: string, shape: WindowShape, vocabSize = 65_536): Tokenizer {
    const vocabulary = loadVocabulary(path);
    if (vocabulary.size > vocabSize) {
      throw new TokenizerError(path, 'the vocabulary', `at most the model's ${vocabSize} ids`, vocabulary.size);
    }
    return new Tokenizer(vocabulary, shape);
  }

  /** Ids of a text, without CLS and uncut. */
  encodeText(text: string): Uint16Array {
    const length = this.encodeInto(text);
    return this.encoder.ids.slice(0, length);
  }

  /** All windows of one text, `[CLS]` first, in order. */
  encodeWindows(text: string): Uint16Array[] {
    const length = this.encodeInto(text);
    const plan = this.plan(length);
    return Array.from({ length: plan.count }, (_, i) => cutWindow(this.encoder.ids, length, plan, i, CLS));
  }

  /** All windows of some fields, grouped by field; what exceeds the budget is counted in `droppedWindows`. */
  encode({ fields }: Pick<CanonicalRequest, 'fields'>, { maxWindows }: TokenizerLimits): Encoding {
    const windows: Window[] = [];
    let tokens = 0;
    for (let field = 0; field < fields.length; field++) {
      const length = this.encodeInto(fields[field]!.text);
      const plan = this.plan(length);
      if (windows.length + plan.count > maxWindows) return this.encodeSome(fields, maxWindows);
      for (let ordinal = 0; ordinal < plan.count; ordinal++) {
        const ids = cutWindow(this.encoder.ids, length, plan, ordinal, CLS);
        windows.push({ ids, field, ordinal });
        tokens += ids.length;
      }
    }
    return { fields, windows, tokens, droppedWindows: 0 };
  }

  /** The same for a request that has too many: looks at all windows, cuts those that fit the budget. */
  private encodeSome(fields: readonly CanonicalField[], maxWindows: number): Encoding {
    const candidates: Candidate[] = [];
    for (let field = 0; field < fields.length; field++) {
      const length = this.encodeInto(fields[field]!.text);
      const plan = this.plan(length);
      for (let ordinal = 0; ordinal < plan.count; ordinal++) {
        const marks = marksOf(this.encoder.ids, length, plan, ordinal, this.vocabulary.marks);
        candidates.push({ field, ordinal, last: ordinal > 0 && ordinal === plan.count - 1, marks });
      }
    }
    const kept = fitBudget(candidates, maxWindows);
    let encoded = -1;
    let length = 0;
    const windows = kept.map(({ field, ordinal }): Window => {
      if (encoded !== field) {
        length = this.encodeInto(fields[field]!.text);
        encoded = field;
      }
      return { ids: cutWindow(this.encoder.ids, length, this.plan(length), ordinal, CLS), field, ordinal };
    });
    const tokens = windows.reduce((sum, { ids }) => sum + ids.length, 0);
    return { fields, windows, tokens, droppedWindows: candidates.length - windows.length };
  }

  /**
   * Where tokens `[from, to)` of a window stand in the text, in UTF-16 offsets widened to whole characters. CLS stands
   * at 0; where a run of a later window begins in the repeated prefix, only its part in the body counts.
   */
  spanOf(text: string, ordinal: number, from: number, to: number): [start: number, end: number] {
    const length = this.encodeInto(text);
    const plan = this.plan(length);
    const shift = ordinal * plan.step - 1;
    const bodyFrom = ordinal > 0 && to > plan.prefix + 1 ? Math.max(from, plan.prefix + 1) : from;
    const toId = (index: number): number => (index <= plan.prefix ? index - 1 : index + shift);
    const first = Math.max(0, toId(bodyFrom));
    const last = Math.min(length, toId(to - 1) + 1);
    if (last <= first) return [0, 0];

    let byte = 0;
    for (let i = 0; i < first; i++) byte += this.vocabulary.byteLengths[this.encoder.ids[i]!]!;
    const startByte = byte;
    for (let i = first; i < last; i++) byte += this.vocabulary.byteLengths[this.encoder.ids[i]!]!;
    return unitsOfBytes(text, startByte, byte);
  }

  private encodeInto(text: string): number {
    return this.encoder.encode(text);
  }

  private plan(length: number): WindowPlan {
    const cut = length >= this.shape.tokens;
    const valueAt = cut ? this.encoder.ids.subarray(0, Math.min(length, this.shape.prefixTokens)).indexOf(VALUE) : -1;
    return planWindows(length, valueAt, this.shape);
  }
}

/** UTF-8 byte offsets of a text as UTF-16 offsets: the start rounded down to its character, the end rounded up. */
function unitsOfBytes(text: string, startByte: number, endByte: number): [start: number, end: number] {
  let byte = 0;
  let unit = 0;
  let start = 0;
  while (unit < text.length && byte < endByte) {
    if (byte <= startByte) start = unit;
    const code = text.codePointAt(unit)!;
    byte += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    unit += code < 0x10000 ? 1 : 2;
  }
  return [start, unit];
}

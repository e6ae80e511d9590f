import { MARKER_BASE, MARKERS } from '../canonicalize/markers.js';
import { BpeEncoder } from './bpe.js';
import type { Encoding, Texts, Window } from './encoding.js';
import { TokenizerError } from './tokenizer-error.js';
import { loadVocabulary, type Vocabulary } from './vocabulary.js';
import {
  type Candidate,
  type Cut,
  cutWindows,
  fitBudget,
  marksOf,
  type Place,
  planWindows,
  type WindowPlan,
  type WindowShape,
} from './windows.js';

const CLS = MARKERS.CLS.charCodeAt(0) - MARKER_BASE;
const VALUE = MARKERS.VALUE.charCodeAt(0) - MARKER_BASE;

export interface TokenizerLimits {
  /** Most windows a request; from 1 up. */
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
    const length = this.encoder.encode(text);
    return this.encoder.ids.slice(0, length);
  }

  /** All windows of one text, `[CLS]` first, in order. */
  encodeWindows(text: string): Uint16Array[] {
    const length = this.encoder.encode(text);
    return this.cutAll([{ field: 0, start: 0, length, plan: this.plan(length) }]).map(({ ids }) => ids);
  }

  /** All windows of some texts, grouped by text; what exceeds the budget is counted in `droppedUnits`. */
  encode(texts: Texts, { maxWindows }: TokenizerLimits): Encoding {
    const { encoder } = this;
    const { fields, pieces } = texts;
    // Every piece has a window at least, so one that the budget cannot hold need not be encoded.
    const kept =
      pieces !== undefined && pieces.length > maxWindows ? new Set(fitBudget(pieces, maxWindows)) : undefined;
    const cuts: TextCut[] = [];
    let count = 0;
    let end = 0;
    for (let field = 0; field < fields.length; field++) {
      if (kept !== undefined && !kept.has(pieces![field]!)) continue;
      const start = end;
      end = encoder.encode(fields[field]!.text, start);
      const plan = this.plan(end - start, start);
      cuts.push({ field, start, length: end - start, plan });
      count += plan.count;
    }
    const windows = count > maxWindows ? this.cutSome(cuts, pieces, maxWindows) : this.cutAll(cuts);
    let tokens = 0;
    for (const { ids } of windows) tokens += ids.length;
    encoder.shrink();
    const isWhole = windows.length === count && kept === undefined;
    return { fields, windows, tokens, droppedUnits: isWhole ? 0 : unitsLeftOut(texts, cuts, windows) };
  }

  private cutAll(cuts: readonly TextCut[]): Window[] {
    const places: Place<TextCut>[] = [];
    for (const cut of cuts) for (let ordinal = 0; ordinal < cut.plan.count; ordinal++) places.push({ cut, ordinal });
    return this.cutPlaces(places);
  }

  /** The same for a request that has too many: looks at all windows, cuts those that fit the budget. */
  private cutSome(cuts: readonly TextCut[], pieces: Texts['pieces'], maxWindows: number): Window[] {
    const { ids } = this.encoder;
    const candidates: (Candidate & Place<TextCut>)[] = [];
    for (const cut of cuts) {
      const { field, plan } = cut;
      for (let ordinal = 0; ordinal < plan.count; ordinal++) {
        const standing: Candidate = pieces?.[field] ?? {
          rank: ordinal === 0 ? 0 : ordinal === plan.count - 1 ? 1 : 2,
          priority: marksOf(ids, cut, ordinal, this.vocabulary.marks),
        };
        candidates.push({ cut, ordinal, rank: standing.rank, priority: standing.priority });
      }
    }
    return this.cutPlaces(fitBudget(candidates, maxWindows));
  }

  private cutPlaces(places: readonly Place<TextCut>[]): Window[] {
    const windows = cutWindows(this.encoder.ids, CLS, places);
    return places.map(({ cut: { field }, ordinal }, i) => ({ ids: windows[i]!, field, ordinal }));
  }

  /**
   * Where tokens `[from, to)` of a window stand in the text, in UTF-16 offsets widened to whole characters. CLS stands
   * at 0; where a run of a later window begins in the repeated prefix, only its part in the body counts.
   */
  spanOf(text: string, ordinal: number, from: number, to: number): [start: number, end: number] {
    const length = this.encoder.encode(text);
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

  /** @param start where the ids of the sequence start. */
  private plan(length: number, start = 0): WindowPlan {
    if (length < this.shape.tokens) return planWindows(length, -1, this.shape);
    const prefix = this.encoder.ids.subarray(start, start + Math.min(length, this.shape.prefixTokens));
    return planWindows(length, prefix.indexOf(VALUE), this.shape);
  }
}

interface TextCut extends Cut {
  /** Index of the text. */
  readonly field: number;
}

function unitsLeftOut({ fields, pieces }: Texts, cuts: readonly TextCut[], windows: readonly Window[]): number {
  const kept = new Float64Array(fields.length);
  for (const { field } of windows) kept[field]!++;
  for (const { field, plan } of cuts) kept[field]! /= plan.count;
  return fields.reduce((sum, { text }, i) => sum + (pieces?.[i]?.units ?? text.length) * (1 - kept[i]!), 0);
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

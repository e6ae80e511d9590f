import { MARKERS } from '../canonicalize/markers.js';
import type { NgramModel } from './ngram-file.js';

/** What the linear view thinks of a field: its worst window. */
export interface LinearScore {
  readonly logit: number;
  /** The window in UTF-16 offsets of the field's text. */
  readonly start: number;
  readonly end: number;
}

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
const MIX = 0x85ebca6b;
/** Slots that count a window's features: a power of two, so sparse that probing rarely takes a second look. */
const SLOTS_PER_UNIT = 8;

/**
 * The linear view: logistic regression over hashed character 3- to 5-grams of short windows. Knows the same as the
 * Transformer in another way, in about a microsecond for thirty characters.
 *
 * The arithmetic is defined, to the bit, in the trainer's `ngrams.py`; `tests/vectors/linear.json` binds the two. Pure,
 * but holds scratch memory: one instance a thread.
 */
export class LinearView {
  /** Open-addressed counts of the features of one window; a slot counts only if its stamp is the window's. */
  private readonly slotFeature: Int32Array;
  private readonly slotCount: Int32Array;
  private readonly slotStamp: Uint32Array;
  private readonly slotMask: number;
  private stamp = 0;
  /** Of the window at hand: sum of count * code * |code|, and sum of count squared. Whole numbers, so exact. */
  private weighted = 0;
  private squares = 0;

  constructor(private readonly model: NgramModel) {
    const slots = 2 ** Math.ceil(Math.log2((model.window + 1) * SLOTS_PER_UNIT));
    this.slotMask = slots - 1;
    this.slotFeature = new Int32Array(slots);
    this.slotCount = new Int32Array(slots);
    this.slotStamp = new Uint32Array(slots);
  }

  /** Scores `zone [flags] name VALUE value`: windows of `VALUE value`, then of `[flags] name VALUE`. */
  score(text: string): LinearScore {
    const cut = Math.max(0, text.indexOf(MARKERS.VALUE));
    const best = { logit: Number.NEGATIVE_INFINITY, start: 0, end: 0 };
    this.scorePiece(text, cut || Math.min(1, text.length), text.length, best);
    if (cut > 1) this.scorePiece(text, 1, cut + 1, best);
    return best;
  }

  private scorePiece(
    text: string,
    from: number,
    to: number,
    best: { logit: number; start: number; end: number },
  ): void {
    const { window, stride, bias, scale } = this.model;
    const stop = Math.max(from + 1, to - (window - stride));
    for (let start = from; start < stop; start += stride) {
      const end = Math.min(start + window, to);
      this.count(text, start, end);
      const logit = bias + (scale * this.weighted) / Math.sqrt(this.squares || 1);
      if (logit > best.logit) {
        best.logit = logit;
        best.start = start;
        best.end = end;
      }
    }
  }

  /** Sums up the n-grams of the zone marker followed by `text[start, end)`. */
  private count(text: string, start: number, end: number): void {
    this.weighted = 0;
    this.squares = 0;
    this.stamp = (this.stamp + 1) >>> 0;
    if (this.stamp === 0) {
      this.slotStamp.fill(0);
      this.stamp = 1;
    }
    // The four units before the n-gram's last one, as a queue: shifting them is cheaper than reading the string again.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = text.charCodeAt(0);
    for (let i = start, read = 2; i < end; i++, read++) {
      const e = text.charCodeAt(i);
      if (read >= 3) this.add(hash(hash(hash(FNV_OFFSET, c), d), e));
      if (read >= 4) this.add(hash(hash(hash(hash(FNV_OFFSET, b), c), d), e));
      if (read >= 5) this.add(hash(hash(hash(hash(hash(FNV_OFFSET, a), b), c), d), e));
      a = b;
      b = c;
      c = d;
      d = e;
    }
  }

  private add(fnv: number): void {
    const feature = Math.imul(fnv ^ (fnv >>> 15), MIX) >>> this.model.shift;
    const { slotFeature, slotCount, slotStamp, slotMask, stamp } = this;
    let slot = feature & slotMask;
    while (slotStamp[slot] === stamp && slotFeature[slot] !== feature) slot = (slot + 1) & slotMask;
    if (slotStamp[slot] !== stamp) {
      slotStamp[slot] = stamp;
      slotFeature[slot] = feature;
      slotCount[slot] = 0;
    }
    const count = slotCount[slot]!;
    slotCount[slot] = count + 1;
    this.squares += 2 * count + 1;
    const code = this.model.codes[feature]!;
    this.weighted += code * Math.abs(code);
  }
}

/** One step of FNV-1a over whole code units. */
function hash(state: number, unit: number): number {
  return Math.imul(state ^ unit, FNV_PRIME);
}

import type { NgramModel } from './ngram-file.js';
import { countPieces, cutOf, type PieceShape } from './pieces.js';

/** What the linear view thinks of a field: its worst window. */
export interface LinearScore {
  readonly logit: number;
  /** The window in UTF-16 offsets of the field's text. */
  readonly start: number;
  readonly end: number;
  /** Of each piece the largest logit of its windows; absent where the text is one piece, whose logit is `logit`. */
  readonly pieces?: Float64Array;
}

/** The same while the windows go by. */
interface Best {
  logit: number;
  start: number;
  end: number;
  readonly pieces: Float64Array | undefined;
}

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
const MIX = 0x85ebca6b;
/** No code unit. */
const NONE = -1;
/** Slots for each code unit of a window, for up to three n-grams: so sparse that a probe rarely takes a second look. */
const SLOTS_PER_UNIT = 8;

/**
 * The linear view: logistic regression over hashed character 3- to 5-grams of short windows. Knows the same as the
 * Transformer in another way, in a fraction of a microsecond for ten characters.
 *
 * The arithmetic is defined, to the bit, in the trainer's `ngrams.py`; `tests/vectors/linear.json` binds the two. Pure,
 * but holds scratch memory: one instance a thread.
 */
export class LinearView {
  /** Features of the window at hand, one an n-gram. */
  private readonly features: Int32Array;
  /** Open-addressed counts of them: a slot's key is its feature, stamped with the window so that nothing need be cleared. */
  private readonly keys: Int32Array;
  private readonly counts: Int32Array;
  private readonly stampUnit: number;
  private stamp = 0;
  /** A piece is as long as two windows and begins with every second one, so that it has three. */
  readonly pieceShape: PieceShape;

  constructor(private readonly model: NgramModel) {
    this.features = new Int32Array(3 * (model.window + 1));
    const slots = 2 ** Math.ceil(Math.log2((model.window + 1) * SLOTS_PER_UNIT));
    this.keys = new Int32Array(slots).fill(-1);
    this.counts = new Int32Array(slots);
    this.stampUnit = model.codes.length;
    this.pieceShape = { units: 2 * model.window, stride: 2 * model.stride };
  }

  /** Scores `zone [flags] name VALUE value`: windows of `VALUE value`, then, in the first piece, of `[flags] name VALUE`. */
  score(text: string): LinearScore {
    const cut = cutOf(text);
    const count = countPieces(text.length, cut, this.pieceShape);
    const pieces = count > 1 ? new Float64Array(count).fill(Number.NEGATIVE_INFINITY) : undefined;
    const best: Best = { logit: Number.NEGATIVE_INFINITY, start: 0, end: 0, pieces };
    this.scoreWindows(text, cut, text.length, best, 1);
    if (cut > 1) this.scoreWindows(text, 1, cut + 1, best, 0);
    return best;
  }

  /** @param stepping 1 where two windows take a step to the next piece, 0 where all belong to the first. */
  private scoreWindows(text: string, from: number, to: number, best: Best, stepping: 0 | 1): void {
    const { window, stride } = this.model;
    const stop = Math.max(from + 1, to - (window - stride));
    for (let start = from, ordinal = 0; start < stop; start += stride, ordinal += stepping) {
      const end = Math.min(start + window, to);
      const logit = this.logitOf(this.hash(text, start, end));
      if (logit > best.logit) {
        best.logit = logit;
        best.start = start;
        best.end = end;
      }
      if (best.pieces !== undefined) raisePieces(best.pieces, ordinal, logit);
    }
  }

  /** Fills `features` with the n-grams of the zone marker followed by `text[start, end)`. @returns how many there are. */
  private hash(text: string, start: number, end: number): number {
    const { features } = this;
    const { shift } = this.model;
    let size = 0;
    // The units a to e are the longest n-gram that begins at a; NONE stands behind the end.
    let a = text.charCodeAt(0);
    let b = start < end ? text.charCodeAt(start) : NONE;
    let c = start + 1 < end ? text.charCodeAt(start + 1) : NONE;
    let d = start + 2 < end ? text.charCodeAt(start + 2) : NONE;
    for (let next = start + 3; c !== NONE; next++) {
      const e = next < end ? text.charCodeAt(next) : NONE;
      let fnv = Math.imul(FNV_OFFSET ^ a, FNV_PRIME);
      fnv = Math.imul(fnv ^ b, FNV_PRIME);
      fnv = Math.imul(fnv ^ c, FNV_PRIME);
      features[size++] = Math.imul(fnv ^ (fnv >>> 15), MIX) >>> shift;
      if (d !== NONE) {
        fnv = Math.imul(fnv ^ d, FNV_PRIME);
        features[size++] = Math.imul(fnv ^ (fnv >>> 15), MIX) >>> shift;
        if (e !== NONE) {
          fnv = Math.imul(fnv ^ e, FNV_PRIME);
          features[size++] = Math.imul(fnv ^ (fnv >>> 15), MIX) >>> shift;
        }
      }
      a = b;
      b = c;
      c = d;
      d = e;
    }
    return size;
  }

  /** Of the first `size` features: bias + scale * sum(count * weight) / sqrt(sum(count^2)), the sums in whole numbers. */
  private logitOf(size: number): number {
    const { features, keys, counts } = this;
    const { codes, bias, scale } = this.model;
    const mask = keys.length - 1;
    this.stamp += this.stampUnit;
    if (this.stamp > 0x7fff_ffff - this.stampUnit) {
      keys.fill(-1);
      this.stamp = 0;
    }
    const { stamp } = this;
    let weighted = 0;
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const feature = features[i]!;
      const code = codes[feature]!;
      weighted += code < 0 ? -code * code : code * code;
      const key = stamp + feature;
      let slot = feature & mask;
      // Keys below the stamp are of windows past: the slot is free.
      while (keys[slot]! >= stamp && keys[slot] !== key) slot = (slot + 1) & mask;
      if (keys[slot] === key) {
        const count = counts[slot]!;
        counts[slot] = count + 1;
        squares += 2 * count + 1;
      } else {
        keys[slot] = key;
        counts[slot] = 1;
        squares++;
      }
    }
    return bias + (scale * weighted) / Math.sqrt(squares || 1);
  }
}

/** Window 2k is the first of piece k and the last of the one before; window 2k + 1 is in piece k alone. */
function raisePieces(pieces: Float64Array, ordinal: number, logit: number): void {
  const piece = ordinal >> 1;
  if (piece < pieces.length && logit > pieces[piece]!) pieces[piece] = logit;
  const isShared = (ordinal & 1) === 0 && piece > 0;
  if (isShared && logit > pieces[piece - 1]!) pieces[piece - 1] = logit;
}

import type { CanonicalField } from '../canonicalize/canonical-request.js';
import type { Standing, Texts } from '../tokenize/encoding.js';
import type { HostCalibration } from './host-calibrations.js';
import type { LinearScore } from './linear-view.js';
import type { RequestJudgments } from './memory-view.js';
import { cutOf, cutPiece, type PieceShape } from './pieces.js';

/** A piece that the Transformer must judge; its text is in `Open.fields` at the same place. */
export interface OpenPiece extends Standing {
  /** Index of its field in the request. */
  readonly field: number;
  /** Index among the field's pieces. */
  readonly ordinal: number;
  /** Where the body stands in the field's text, and how many units of the piece's text come before it. */
  readonly start: number;
  readonly end: number;
  readonly head: number;
  /** The linear view's logit alone: were heads and tails kept first, odd short fields would push a payload out. */
  readonly priority: number;
}

/** What is left to the Transformer. */
export interface Open extends Texts {
  /** Whose texts these are, grouped by field; absent without a linear view, where they are the request's fields, all of them. */
  readonly pieces?: readonly OpenPiece[];
}

/** A request's fields after memory and the linear view. */
export interface Screening {
  readonly fields: readonly CanonicalField[];
  /** What the linear view says of each field that is not a known value; absent without that view. */
  readonly linear?: readonly (LinearScore | undefined)[];
  /** What the host's history says; absent where it has none. */
  readonly memory?: RequestJudgments;
  /** The host's own calibration; absent where everyone's applies. */
  readonly own?: HostCalibration;
  /** The raw score at which this request scores 0.5. */
  readonly threshold: number;
  readonly open: Open;
}

/** Collects the open pieces of a request, field by field. */
export class OpenPieces implements Open {
  readonly fields: { readonly text: string }[] = [];
  readonly pieces: OpenPiece[] = [];

  constructor(private readonly shape: PieceShape) {}

  /** Adds those pieces of the `field`-th field whose linear logit `isOpen`. @returns whether there is one. */
  add(one: CanonicalField, field: number, linear: LinearScore, isOpen: (logit: number) => boolean): boolean {
    if (!isOpen(linear.logit)) return false;
    const { text } = one;
    if (linear.pieces === undefined) {
      const end = text.length;
      this.fields.push(one);
      this.pieces.push({ field, ordinal: 0, start: 0, end, head: 0, priority: linear.logit, units: end });
      return true;
    }
    const cut = cutOf(text);
    const last = linear.pieces.length - 1;
    linear.pieces.forEach((priority, ordinal) => {
      if (!isOpen(priority)) return;
      const piece = cutPiece(text, cut, ordinal, this.shape);
      const { start, end, head } = piece;
      // Pieces overlap, so each but the last answers for the text before the next one.
      const units = ordinal === last ? end - start : cut + (ordinal + 1) * this.shape.stride - start;
      this.fields.push(piece);
      this.pieces.push({ field, ordinal, start, end, head, priority, units });
    });
    return true;
  }
}

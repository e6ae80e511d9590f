import { MARKERS } from '../canonicalize/markers.js';
import { cutsPair } from '../canonicalize/surrogates.js';

/** Manifest `views.pieces`: UTF-16 units of a piece's body, and between the starts of two pieces; units = 2 * stride. */
export interface PieceShape {
  readonly units: number;
  readonly stride: number;
}

/** A piece of a field's text. */
export interface Piece {
  /** What the Transformer reads: the first piece as it stands, a later one behind the field's head. */
  readonly text: string;
  /** The body in UTF-16 offsets of the field's text; that of the first piece begins at 0. */
  readonly start: number;
  readonly end: number;
  /** Units of `text` before the body: 0 in the first piece. */
  readonly head: number;
}

const VALUE = MARKERS.VALUE.charCodeAt(0);

/** Where windows and pieces of a field begin: at its VALUE marker, behind its zone marker where it has none. */
export function cutOf(text: string): number {
  return Math.max(0, text.indexOf(MARKERS.VALUE)) || Math.min(1, text.length);
}

/** How many pieces a text has. @param cut `cutOf` it. */
export function countPieces(length: number, cut: number, { units, stride }: PieceShape): number {
  return Math.max(1, Math.ceil((length - cut - (units - stride)) / stride));
}

/**
 * Cuts the `ordinal`-th piece, from 0: `units` of the text from `cut + ordinal * stride` on, behind zone, flags, name and
 * VALUE, or the zone alone. A border within a character moves before it. The trainer's `pieces.py` cuts the same, bound by
 * `tests/vectors/pieces.json`.
 */
export function cutPiece(text: string, cut: number, ordinal: number, { units, stride }: PieceShape): Piece {
  const from = cut + ordinal * stride;
  const end = border(text, Math.min(text.length, from + units));
  if (ordinal === 0) return { text: text.slice(0, end), start: 0, end, head: 0 };
  const start = border(text, from);
  const head = border(text, text.charCodeAt(cut) === VALUE ? cut + 1 : 1);
  return { text: text.slice(0, head) + text.slice(start, end), start, end, head };
}

/** One unit down where `at` is within a surrogate pair. */
function border(text: string, at: number): number {
  return cutsPair(text, at) ? at - 1 : at;
}

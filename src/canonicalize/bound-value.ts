import { suspicionOf } from './suspicion.js';

/** Pieces that the middle of a value is judged by. */
const PIECE = 1024;

/**
 * The part of a long value that is read: half of `max` from its head, a quarter from its tail, and the most suspicious
 * pieces between, in order. Padding in front of a payload, behind it or on both sides does not push it out.
 *
 * @returns the same string when it fits.
 */
export function boundValue(value: string, max: number): string {
  if (value.length <= max) return value;
  const tail = max >> 2;
  const wanted = Math.floor(max / 4 / PIECE);
  const head = max - tail - wanted * PIECE;
  const middleEnd = value.length - tail;
  if (wanted === 0) return value.slice(0, head) + value.slice(-tail);
  const pieces: { from: number; marks: number }[] = [];
  for (let from = head; from < middleEnd; from += PIECE) {
    pieces.push({ from, marks: suspicionOf(value, from, Math.min(middleEnd, from + PIECE)) });
  }
  const chosen = pieces
    .sort((a, b) => b.marks - a.marks)
    .slice(0, wanted)
    .sort((a, b) => a.from - b.from);
  let out = value.slice(0, head);
  for (const { from } of chosen) out += value.slice(from, Math.min(middleEnd, from + PIECE));
  return out + value.slice(-tail);
}

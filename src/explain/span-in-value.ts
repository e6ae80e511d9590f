import { MARKERS } from '../canonicalize/markers.js';
import type { FieldScore } from '../score/score.js';

/** A field's span as people count, in the value; one that begins in the name begins with the value then. */
export function spanInValue({ field, span: [start, end] }: FieldScore): [start: number, end: number] {
  const valueAt = field.text.indexOf(MARKERS.VALUE) + 1;
  return [Math.max(0, start - valueAt), Math.max(0, end - valueAt)];
}

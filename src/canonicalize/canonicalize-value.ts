import { decodeText } from './decode/fixed-point.js';
import { evenBlanks } from './even-blanks.js';
import { DEFAULT_LIMITS } from './limits.js';
import { replaceIds } from './placeholders.js';

/**
 * The canonical text of one value on its own, as it would stand in a field: what the trainer's generated fragments pass
 * before they are spliced into a benign field, so that training sees what serving sees.
 */
export function canonicalizeValue(value: string): string {
  const decoded = decodeText(value.slice(0, DEFAULT_LIMITS.maxValueBytes), { maxSteps: DEFAULT_LIMITS.maxDecodeSteps });
  return replaceIds(evenBlanks(decoded.text, decoded.traits), decoded.traits);
}

/** Longest text that {@link copyUnits} takes. */
export const MAX_COPIED = 16_384;
/** Shorter texts are read faster as they stand. */
export const MIN_COPIED = 32;

/** What {@link copyUnits} copied last; behind it, what it copied before. */
export const UNITS = new Uint16Array(MAX_COPIED);
const COPY = Buffer.from(UNITS.buffer);

/**
 * Copies a text's UTF-16 units to where they are read four times as fast as from the string.
 *
 * @param text of at most {@link MAX_COPIED} units.
 * @returns how many there are.
 */
export function copyUnits(text: string): number {
  return COPY.write(text, 'utf16le') >> 1;
}

/**
 * A text's UTF-16 units, and behind them whatever was copied before; good until the next text is copied.
 *
 * @param text of any length.
 */
export function unitsOf(text: string): Uint16Array {
  const { length } = text;
  if (length < MIN_COPIED) {
    for (let i = 0; i < length; i++) UNITS[i] = text.charCodeAt(i);
    return UNITS;
  }
  if (length <= MAX_COPIED) {
    copyUnits(text);
    return UNITS;
  }
  const units = new Uint16Array(text.length);
  Buffer.from(units.buffer).write(text, 'utf16le');
  return units;
}

/** A text and, for each UTF-16 unit of it, the stretch of some source that it came from. */
export interface MappedText {
  readonly text: string;
  /** First unit of the source. */
  readonly from: Uint32Array;
  /** One past the last unit of the source. */
  readonly to: Uint32Array;
}

/** A stretch of a byte string, standing for itself. */
export function mapped(source: string, start = 0, end = source.length): MappedText {
  const text = source.slice(start, end);
  const from = Uint32Array.from({ length: text.length }, (_, i) => start + i);
  return { text, from, to: from.map((at) => at + 1) };
}

/**
 * The text with each match of a pattern replaced, every unit of a replacement standing for the whole match.
 *
 * @param pattern global.
 * @returns the same object where nothing changed. Linear in the text.
 */
export function replaceMapped(source: MappedText, pattern: RegExp, replace: (match: string) => string): MappedText {
  const edits: { start: number; end: number; by: string }[] = [];
  let length = source.text.length;
  for (const { 0: match, index } of source.text.matchAll(pattern)) {
    const by = replace(match);
    if (by === match) continue;
    edits.push({ start: index, end: index + match.length, by });
    length += by.length - match.length;
  }
  if (edits.length === 0) return source;
  const from = new Uint32Array(length);
  const to = new Uint32Array(length);
  let text = '';
  let copied = 0;
  const keep = (end: number): void => {
    from.set(source.from.subarray(copied, end), text.length);
    to.set(source.to.subarray(copied, end), text.length);
    text += source.text.slice(copied, end);
  };
  for (const { start, end, by } of edits) {
    keep(start);
    from.fill(source.from[start]!, text.length, text.length + by.length);
    to.fill(source.to[end - 1]!, text.length, text.length + by.length);
    text += by;
    copied = end;
  }
  keep(source.text.length);
  return { text, from, to };
}

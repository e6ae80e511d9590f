const WAYS = 4;
/** Longest cached word in UTF-16 units and in tokens; longer ones rarely repeat (ids, base64). */
export const CACHED_LENGTH = 32;

/**
 * Tokens of recent words: a set-associative table of fixed size (8 MiB at the default 2^16 words, touched as it fills).
 *
 * Words are compared unit by unit, so a hash collision costs time, never a wrong answer; and a set holds at most four
 * words, so input built to collide is no slower than a miss. The oldest word of a full set makes room.
 */
export class WordCache {
  private readonly mask: number;
  private readonly hashes: Int32Array;
  private readonly lengths: Uint8Array;
  private readonly counts: Uint8Array;
  private readonly units: Uint16Array;
  private readonly tokens: Uint16Array;
  private readonly oldest: Uint8Array;

  /** @param bits log2 of the number of words kept. */
  constructor(bits = 16) {
    const words = 2 ** bits;
    this.mask = words / WAYS - 1;
    this.hashes = new Int32Array(words);
    this.lengths = new Uint8Array(words);
    this.counts = new Uint8Array(words);
    this.units = new Uint16Array(words * CACHED_LENGTH);
    this.tokens = new Uint16Array(words * CACHED_LENGTH);
    this.oldest = new Uint8Array(words / WAYS);
  }

  /** Copies the tokens of `text[start, end)` to `out` at `at`; returns how many, 0 when the word is not known. */
  read(text: string, start: number, end: number, hash: number, out: Uint16Array, at: number): number {
    const length = end - start;
    const first = ((hash ^ (hash >>> 15)) & this.mask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.hashes[slot] !== hash || this.lengths[slot] !== length) continue;
      const base = slot * CACHED_LENGTH;
      let i = 0;
      while (i < length && this.units[base + i] === text.charCodeAt(start + i)) i++;
      if (i < length) continue;
      const count = this.counts[slot]!;
      for (let k = 0; k < count; k++) out[at + k] = this.tokens[base + k]!;
      return count;
    }
    return 0;
  }

  /** Remembers the `count` tokens at `out[at]` of a word; words over {@link CACHED_LENGTH} are left out. */
  write(text: string, start: number, end: number, hash: number, out: Uint16Array, at: number, count: number): void {
    const length = end - start;
    if (length > CACHED_LENGTH || count > CACHED_LENGTH) return;
    const set = (hash ^ (hash >>> 15)) & this.mask;
    const way = this.oldest[set]!;
    this.oldest[set] = (way + 1) % WAYS;
    const slot = set * WAYS + way;
    const base = slot * CACHED_LENGTH;
    this.hashes[slot] = hash;
    this.lengths[slot] = length;
    this.counts[slot] = count;
    for (let i = 0; i < length; i++) this.units[base + i] = text.charCodeAt(start + i);
    for (let k = 0; k < count; k++) this.tokens[base + k] = out[at + k]!;
  }
}

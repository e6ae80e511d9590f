const WAYS = 4;
/** Longest cached word in UTF-16 units; longer ones rarely repeat (ids, base64). */
export const CACHED_LENGTH = 20;
const CACHED_TOKENS = 11;
/** Numbers a word takes: its length and count, its units, its tokens. 64 bytes, a line of the processor's cache. */
const RECORD = 32;
const TOKENS_AT = 1 + CACHED_LENGTH;

/**
 * Tokens of recent words: a set-associative table of fixed size (4 MiB at the default 2^16 words, touched as it fills).
 *
 * Words are compared unit by unit, so a hash collision costs time, never a wrong answer; and a set holds at most four
 * words, so input built to collide is no slower than a miss. The oldest word of a full set makes room.
 */
export class WordCache {
  private readonly mask: number;
  private readonly hashes: Int32Array;
  private readonly records: Uint16Array;
  private readonly oldest: Uint8Array;

  /** @param bits log2 of the number of words kept. */
  constructor(bits = 16) {
    const words = 2 ** bits;
    this.mask = words / WAYS - 1;
    this.hashes = new Int32Array(words);
    this.records = new Uint16Array(words * RECORD);
    this.oldest = new Uint8Array(words / WAYS);
  }

  /** Copies the tokens of the word `units[start, end)` to `out` at `at`; returns how many, 0 when the word is not known. */
  read(units: Uint16Array, start: number, end: number, hash: number, out: Uint16Array, at: number): number {
    const { hashes, records } = this;
    const length = end - start;
    const first = ((hash ^ (hash >>> 15)) & this.mask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (hashes[slot] !== hash) continue;
      const base = slot * RECORD;
      const head = records[base]!;
      if (head >> 8 !== length) continue;
      let i = 0;
      while (i < length && records[base + 1 + i] === units[start + i]) i++;
      if (i < length) continue;
      const count = head & 0xff;
      const tokens = base + TOKENS_AT;
      for (let k = 0; k < count; k++) out[at + k] = records[tokens + k]!;
      return count;
    }
    return 0;
  }

  /** Remembers the `count` tokens at `out[at]` of a word; one that a record has no room for is left out. */
  write(
    units: Uint16Array,
    start: number,
    end: number,
    hash: number,
    out: Uint16Array,
    at: number,
    count: number,
  ): void {
    const length = end - start;
    if (length > CACHED_LENGTH || count > CACHED_TOKENS) return;
    const set = (hash ^ (hash >>> 15)) & this.mask;
    const way = this.oldest[set]!;
    this.oldest[set] = (way + 1) % WAYS;
    const slot = set * WAYS + way;
    const base = slot * RECORD;
    this.hashes[slot] = hash;
    this.records[base] = (length << 8) | count;
    for (let i = 0; i < length; i++) this.records[base + 1 + i] = units[start + i]!;
    for (let k = 0; k < count; k++) this.records[base + TOKENS_AT + k] = out[at + k]!;
  }
}

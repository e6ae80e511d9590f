const EMPTY = -1;

/**
 * The merges of a BPE model: (left id, right id) to rank, rank to merged id.
 *
 * Open addressing over one 32-bit key a pair, because a `Map` of numbers costs three times as much in the merge loop.
 */
export class MergeTable {
  /** Id that the merge of each rank makes. */
  readonly merged: Uint16Array;
  private readonly keys: Uint32Array;
  private readonly ranks: Int32Array;
  private readonly shift: number;

  constructor(merges: readonly (readonly [left: number, right: number, merged: number])[]) {
    const bits = Math.max(4, 32 - Math.clz32(merges.length * 4));
    this.shift = 32 - bits;
    this.keys = new Uint32Array(2 ** bits);
    this.ranks = new Int32Array(2 ** bits).fill(EMPTY);
    this.merged = new Uint16Array(merges.length);
    merges.forEach(([left, right, merged], rank) => {
      this.merged[rank] = merged;
      const slot = this.slotOf(left, right);
      // A pair listed twice takes its last rank, as in the Hugging Face library, which collects merges into a map.
      this.keys[slot] = ((left << 16) | right) >>> 0;
      this.ranks[slot] = rank;
    });
  }

  /** Rank of the merge of two neighbors, lower first; -1 when they never merge. */
  rankOf(left: number, right: number): number {
    return this.ranks[this.slotOf(left, right)]!;
  }

  private slotOf(left: number, right: number): number {
    const key = ((left << 16) | right) >>> 0;
    const mask = this.keys.length - 1;
    let slot = Math.imul(key, 0x9e3779b1) >>> this.shift;
    while (this.ranks[slot] !== EMPTY && this.keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }
}

import type { MergeTable } from './merge-table.js';

/** Above this many symbols the heap wins over the scan. */
export const SCAN_LIMIT = 96;

const scanRanks = new Int32Array(SCAN_LIMIT);

/**
 * Byte-pair merges of one word, in place: while two neighbors merge, the pair of lowest rank does, leftmost first.
 *
 * @param symbols byte ids of the word in its first `count` entries; the tokens on return.
 * @returns the number of tokens.
 */
export function mergeWord(symbols: Uint16Array, count: number, merges: MergeTable): number {
  return count <= SCAN_LIMIT ? mergeByScan(symbols, count, merges) : mergeByHeap(symbols, count, merges);
}

/** Quadratic, but without bookkeeping: right for words of ordinary length. At most {@link SCAN_LIMIT} symbols. */
export function mergeByScan(symbols: Uint16Array, count: number, merges: MergeTable): number {
  const ranks = scanRanks;
  let n = count;
  for (let i = 0; i + 1 < n; i++) ranks[i] = merges.rankOf(symbols[i]!, symbols[i + 1]!);
  while (n > 1) {
    let best = -1;
    let bestRank = 0x7fffffff;
    for (let i = 0; i + 1 < n; i++) {
      const rank = ranks[i]!;
      if (rank >= 0 && rank < bestRank) {
        bestRank = rank;
        best = i;
      }
    }
    if (best < 0) break;
    symbols[best] = merges.merged[bestRank]!;
    n--;
    for (let i = best + 1; i < n; i++) {
      symbols[i] = symbols[i + 1]!;
      ranks[i] = ranks[i + 1]!;
    }
    if (best > 0) ranks[best - 1] = merges.rankOf(symbols[best - 1]!, symbols[best]!);
    if (best + 1 < n) ranks[best] = merges.rankOf(symbols[best]!, symbols[best + 1]!);
  }
  return n;
}

/** O(n log n), so that a body of one 60 KB word cannot stall the process. Same result as {@link mergeByScan}. */
export function mergeByHeap(symbols: Uint16Array, count: number, merges: MergeTable): number {
  const next = new Int32Array(count);
  const previous = new Int32Array(count);
  // Rank of the merge of symbol i with its right neighbor as of now; a heap entry that says otherwise is stale.
  const ranks = new Int32Array(count);
  const heap = new PairHeap(count * 3);
  for (let i = 0; i < count; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
    ranks[i] = i + 1 < count ? merges.rankOf(symbols[i]!, symbols[i + 1]!) : -1;
    if (ranks[i]! >= 0) heap.push(ranks[i]!, i);
  }
  while (heap.size > 0) {
    const top = heap.pop();
    const at = top % PairHeap.SPAN;
    const rank = (top - at) / PairHeap.SPAN;
    if (ranks[at] !== rank) continue;
    const gone = next[at]!;
    const after = next[gone]!;
    symbols[at] = merges.merged[rank]!;
    ranks[gone] = -1;
    next[at] = after;
    ranks[at] = -1;
    if (after < count) {
      previous[after] = at;
      ranks[at] = merges.rankOf(symbols[at]!, symbols[after]!);
      if (ranks[at]! >= 0) heap.push(ranks[at]!, at);
    }
    const before = previous[at]!;
    if (before >= 0) {
      ranks[before] = merges.rankOf(symbols[before]!, symbols[at]!);
      if (ranks[before]! >= 0) heap.push(ranks[before]!, before);
    }
  }
  let n = 0;
  for (let i = 0; i < count; i = next[i]!) symbols[n++] = symbols[i]!;
  return n;
}

/** Binary min-heap of (rank, position) packed in one double: rank below 2^16, position below {@link PairHeap.SPAN}. */
class PairHeap {
  static readonly SPAN = 2 ** 32;
  size = 0;
  private readonly items: Float64Array;

  constructor(capacity: number) {
    this.items = new Float64Array(capacity);
  }

  push(rank: number, position: number): void {
    const { items } = this;
    const item = rank * PairHeap.SPAN + position;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]! <= item) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  pop(): number {
    const { items } = this;
    const top = items[0]!;
    const last = items[--this.size]!;
    const { size } = this;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return top;
  }
}

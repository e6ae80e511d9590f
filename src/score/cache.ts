import type { WindowScore } from './score.js';

/**
 * Scores of recent windows of one model; another model needs a cache of its own, so an entry can never outlive the
 * model that made it.
 *
 * Two generations: a full young one becomes the old one, and what is asked for again moves up. Keeps at least the last
 * `maxEntries / 2` distinct windows, at a fraction of the cost of an exact LRU order.
 */
export class ScoreCache {
  private young = new Map<string, WindowScore>();
  private old = new Map<string, WindowScore>();
  private readonly half: number;

  /** @param maxEntries Integer from 2 up. Default 65,536: at most about 25 MB, at 96 tokens a window. */
  constructor(
    readonly modelId: string,
    maxEntries = 65_536,
  ) {
    if (!Number.isInteger(maxEntries) || maxEntries < 2) {
      throw new RangeError(`cache entries: expected an integer from 2 up, got ${maxEntries}`);
    }
    this.half = maxEntries >> 1;
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): WindowScore | undefined {
    const score = this.young.get(key);
    if (score) return score;
    const aged = this.old.get(key);
    if (aged) {
      this.old.delete(key);
      this.set(key, aged);
    }
    return aged;
  }

  set(key: string, score: WindowScore): void {
    if (this.young.size >= this.half) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, score);
  }

  /** The key of a window: its token sequence, one UTF-16 unit a token. */
  static keyOf(ids: Uint16Array): string {
    return String.fromCharCode.apply(null, ids as unknown as number[]);
  }
}

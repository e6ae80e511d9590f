/**
 * Pseudo-random numbers (sfc32) that depend on a seed and an index alone: the message of an index can be made again
 * without making those before it, which is what makes a run resumable and a failure repeatable.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number, index: number) {
    this.a = seed >>> 0;
    this.b = index >>> 0;
    this.c = (Math.floor(index / 2 ** 32) ^ 0x9e3779b9) >>> 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** Integer from 0 to 2^32 - 1. */
  next(): number {
    const sum = (this.a + this.b + this.counter++) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** Integer from 0 up, below `limit`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  chance(share: number): boolean {
    return this.next() < share * 2 ** 32;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Few are likely, many possible: an integer from 0 to `most`, its logarithm even. */
  small(most: number): number {
    return Math.floor((most + 1) ** (this.next() / 2 ** 32)) - 1;
  }

  /** Byte string of random bytes. */
  bytes(count: number): string {
    let out = '';
    for (let i = 0; i < count; i++) out += String.fromCharCode(this.next() >>> 24);
    return out;
  }

  /** `count` results of `make`. */
  times<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make);
  }
}

/** Thrown when more would come out than was asked for; what fits is in the output. */
export class TooLarge extends Error {}

/** The bytes that come out, which later ones repeat. */
export class Output {
  length = 0;
  private bytes: Buffer;
  private spent = 0;

  /** @param likely bytes; memory grows with what comes out, never with what a header claims. */
  constructor(
    private readonly max: number,
    likely: number,
  ) {
    this.bytes = Buffer.allocUnsafe(Math.min(max, likely));
  }

  append(source: Uint8Array, from: number, to: number): void {
    const start = this.grow(to - from);
    const { bytes, length } = this;
    for (let at = start; at < length; at++) bytes[at] = source[from + at - start]!;
    if (length - start < to - from) throw new TooLarge();
  }

  fill(byte: number, count: number): void {
    const start = this.grow(count);
    this.bytes.fill(byte, start, this.length);
    if (this.length - start < count) throw new TooLarge();
  }

  /** Appends what begins `distance` bytes before the end, and itself where that is less than `count`. */
  repeat(distance: number, count: number): void {
    const start = this.grow(count);
    const { bytes, length } = this;
    for (let at = start; at < length; at++) bytes[at] = bytes[at - distance]!;
    if (length - start < count) throw new TooLarge();
  }

  /** Counts work that nothing may come out of, so that it is bounded as well. */
  spend(steps: number): void {
    this.spent += steps;
    if (this.spent > this.max * 4 + FREE_STEPS) throw new TooLarge();
  }

  /** @param length of what to keep. */
  content(length: number): Buffer {
    return this.bytes.subarray(0, length);
  }

  /** @returns the length before; after it there are `count` bytes more, or as many as the bound leaves. */
  private grow(count: number): number {
    const start = this.length;
    this.length = Math.min(this.max, start + count);
    if (this.length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.max, Math.max(this.length, this.bytes.length * 2)));
      this.bytes.copy(larger, 0, 0, start);
      this.bytes = larger;
    }
    return start;
  }
}

/** Codes of some twenty blocks. Encoders write large blocks; one that writes a kilobyte each stays within 4 steps a byte. */
const FREE_STEPS = 65_536;

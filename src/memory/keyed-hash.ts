/**
 * HalfSipHash-1-3 with 64-bit output over UTF-16 units, two a word (Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF", 2012; HalfSipHash is its 32-bit form). Keyed, so that nobody who does not have the snapshot can choose values
 * that collide.
 *
 * Holds its result instead of returning it, since two numbers would be an object a call: one instance a user.
 */
export class KeyedHash {
  lo = 0;
  hi = 0;
  private readonly k0: number;
  private readonly k1: number;

  /** @param key 8 random bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== 8) throw new RangeError(`hash key: expected 8 bytes, got ${key.length}`);
    const view = new DataView(key.buffer, key.byteOffset, 8);
    this.k0 = view.getInt32(0, true);
    this.k1 = view.getInt32(4, true);
  }

  /** Sets `lo` and `hi`, never both zero, to the hash of a number and a text. */
  of(seed: number, text: string): void {
    const { k0, k1 } = this;
    let v0 = k0;
    let v1 = k1 ^ 0xee;
    let v2 = 0x6c796765 ^ k0;
    let v3 = 0x74656462 ^ k1;
    const { length } = text;
    let word = seed | 0;
    let finishing = 0;
    for (let at = 0; ; at += 2) {
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
      // The last word holds what is left, and the length, so that no text is another one with zeros behind it.
      if (at + 1 < length) word = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
      else if (at <= length) word = (at < length ? text.charCodeAt(at) : 0) ^ (length << 16) ^ 0x5a000000;
      else {
        // A word of zeros changes nothing: three rounds, the first half of the result, three rounds, the second half.
        word = 0;
        if (finishing === 0) v2 ^= 0xee;
        else if (finishing === 3) {
          this.lo = (v1 ^ v3) >>> 0;
          v1 ^= 0xdd;
        } else if (finishing === 6) break;
        finishing++;
      }
    }
    this.hi = (v1 ^ v3) >>> 0 || (this.lo === 0 ? 1 : 0);
  }
}

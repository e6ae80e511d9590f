/**
 * Seeded randomness with the few draws that the generator needs. The same seed gives the same traffic on every
 * machine (mulberry32, 32 bits of state: enough for traffic, not for secrets).
 */
export class Random {
  /** @param {number} seed any integer */
  constructor(seed) {
    // One scramble, so that seeds 1, 2, 3 do not start with related draws.
    this.state = Math.imul((seed | 0) ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  }

  /** @returns {number} in [0, 1) */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /**
   * @param {number} low
   * @param {number} high inclusive
   */
  int(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** @param {number} p probability of true */
  chance(p) {
    return this.next() < p;
  }

  /**
   * @template T
   * @param {readonly T[]} list
   * @returns {T}
   */
  pick(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  /**
   * Draws without replacement.
   * @template T
   * @param {readonly T[]} list
   * @param {number} count
   * @returns {T[]}
   */
  sample(list, count) {
    const left = [...list];
    const drawn = [];
    while (drawn.length < count && left.length > 0) drawn.push(left.splice(this.int(0, left.length - 1), 1)[0]);
    return drawn;
  }

  /**
   * Draws one of several values of different types.
   * @param {readonly (readonly [weight: number, value: any])[]} choices
   * @returns {any}
   */
  weighted(choices) {
    let at = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      at -= weight;
      if (at < 0) return value;
    }
    return choices[choices.length - 1][1];
  }

  /** @param {number} digits */
  hex(digits) {
    let text = '';
    while (text.length < digits) text += Math.floor(this.next() * 16).toString(16);
    return text;
  }

  uuid() {
    const h = this.hex(32);
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
  }

  /** Letters and digits as session ids and cache keys use them. @param {number} length */
  token(length) {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
    let text = '';
    while (text.length < length) text += alphabet[this.int(0, 63)];
    return text;
  }
}

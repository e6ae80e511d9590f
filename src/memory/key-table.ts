/**
 * A hash table from 64-bit keys, which are hashes already, to the numbers 0, 1, 2, … in the order of adding. What belongs
 * to a key lies in typed arrays of whoever owns the table, at that number. 8 bytes a key and 8 to 16 for its slots.
 */
export class KeyTable {
  lo: Uint32Array<ArrayBuffer>;
  hi: Uint32Array<ArrayBuffer>;
  size = 0;
  /** Number plus one; 0 is free. */
  slots: Int32Array<ArrayBuffer>;

  /** @param slots those of a table with just these keys; absent: made here, which takes a million keys 50 ms. */
  constructor(
    lo: Uint32Array<ArrayBuffer> = new Uint32Array(64),
    hi: Uint32Array<ArrayBuffer> = new Uint32Array(64),
    size = 0,
    slots?: Int32Array<ArrayBuffer>,
  ) {
    this.lo = lo;
    this.hi = hi;
    this.size = size;
    this.slots = slots ?? new Int32Array(0);
    if (slots === undefined) this.rehash();
  }

  /** The number of a key; -1 when it is not there. */
  find(lo: number, hi: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    for (let slot = lo & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot]! - 1;
      if (number < 0) return -1;
      if (this.lo[number] === lo && this.hi[number] === hi) return number;
    }
  }

  /** The number of a key, which is `size` before the call where the key is new. */
  add(lo: number, hi: number): number {
    const found = this.find(lo, hi);
    if (found >= 0) return found;
    if (this.size === this.lo.length) {
      this.lo = grown(this.lo, this.size + 1);
      this.hi = grown(this.hi, this.size + 1);
    }
    const number = this.size++;
    this.lo[number] = lo;
    this.hi[number] = hi;
    if (this.size * 2 > this.slots.length) this.rehash();
    else this.place(number);
    return number;
  }

  private place(number: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = this.lo[number]! & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = number + 1;
  }

  private rehash(): void {
    // At most half full, so that a miss looks at two slots.
    this.slots = new Int32Array(2 ** Math.max(7, Math.ceil(Math.log2((this.size + 1) * 2))));
    for (let number = 0; number < this.size; number++) this.place(number);
  }
}

/** Typed arrays that a column may be. */
export type Column =
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** The same, a quarter larger or of at least `length`. */
export function grown<C extends Column>(column: C, length: number): C {
  if (column.length >= length) return column;
  const larger = new (column.constructor as new (length: number) => C)(
    Math.max(length, 64, Math.ceil(column.length * 1.25)),
  );
  larger.set(column as never);
  return larger;
}

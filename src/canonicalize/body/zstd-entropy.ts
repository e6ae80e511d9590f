/** Thrown at bytes that are no zstd. */
export class Damaged extends Error {}

/** Bytes read from their beginning. */
export class Cursor {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Damaged();
    return byte;
  }

  /** @param count bytes of a little-endian number. */
  uint(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value += this.byte() * 256 ** i;
    return value;
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new Damaged();
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  rest(): Uint8Array {
    return this.bytes.subarray(this.at);
  }
}

/** Bits read from the end of the bytes, as encoders of FSE and Huffman codes leave them (RFC 8878 section 4.1). */
export class BackwardBits {
  /** Bits not read yet; negative when more were read than there are, which came out as zeros. */
  left: number;

  constructor(private readonly bytes: Uint8Array) {
    const last = bytes[bytes.length - 1];
    if (!last) throw new Damaged();
    // The highest bit set marks the end and is none of them.
    this.left = bytes.length * 8 - Math.clz32(last) + 23;
  }

  /** @param count of the next bits, 24 at most. */
  read(count: number): number {
    const value = this.peek(count);
    this.left -= count;
    return value;
  }

  peek(count: number): number {
    const at = this.left - count;
    if (at >= 0) return bitsAt(this.bytes, at, count);
    return this.left > 0 ? bitsAt(this.bytes, 0, this.left) << -at : 0;
  }
}

/** 24 bits at most; zeros behind the end. */
function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  const i = at >>> 3;
  const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
  return (word >>> (at & 7)) & ((1 << count) - 1);
}

/** A finite state entropy code (RFC 8878 section 4.1): by state, its symbol and how the next state is found. */
export interface FseTable {
  /** Bits of the first state. */
  readonly log: number;
  readonly symbols: Uint8Array;
  /** To be read and added to `next`. */
  readonly bits: Uint8Array;
  readonly next: Uint16Array;
}

/** A code of one symbol, which takes no bits. */
export function oneSymbol(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), next: new Uint16Array(1) };
}

/** @param probabilities by symbol, of 2^log in all; -1 is one that is less than 1. */
export function fseTable(probabilities: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  let high = size;
  for (let symbol = 0; symbol < probabilities.length; symbol++) {
    if (probabilities[symbol]! < 0) symbols[--high] = symbol;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let symbol = 0; symbol < probabilities.length; symbol++) {
    for (let i = probabilities[symbol]!; i > 0; i--) {
      symbols[at] = symbol;
      // The step is odd, so that it comes by each place once.
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  }
  const bits = new Uint8Array(size);
  const next = new Uint16Array(size);
  const seen = Uint16Array.from(probabilities, Math.abs);
  for (let state = 0; state < size; state++) {
    const count = seen[symbols[state]!]!++;
    const more = log - (31 - Math.clz32(count));
    bits[state] = more;
    next[state] = (count << more) - size;
  }
  return { log, symbols, bits, next };
}

/** A table as a block describes it (RFC 8878 section 4.1.1). */
export function readFseTable(cursor: Cursor, maxLog: number, maxSymbol: number): FseTable {
  const bytes = cursor.rest();
  const log = (bytes[0]! & 15) + 5;
  if (log > maxLog) throw new Damaged();
  const probabilities: number[] = [];
  let at = 4;
  for (let left = 1 << log; left > 0; ) {
    // Of the values up to left + 1, the lowest ones take one bit less.
    const width = 32 - Math.clz32(left + 1);
    const short = (1 << width) - 2 - left;
    const value = bitsAt(bytes, at, width);
    const low = value & ((1 << (width - 1)) - 1);
    at += low < short ? width - 1 : width;
    const probability = (low < short || value === low ? low : value - short) - 1;
    left -= Math.abs(probability);
    probabilities.push(probability);
    for (let more = probability === 0; more && probabilities.length <= maxSymbol; at += 2) {
      const zeros = bitsAt(bytes, at, 2);
      for (let i = 0; i < zeros; i++) probabilities.push(0);
      more = zeros === 3;
    }
    if (probabilities.length > maxSymbol + 1) throw new Damaged();
  }
  cursor.take((at + 7) >> 3);
  return fseTable(probabilities, log);
}

/** A Huffman code (RFC 8878 section 4.2). */
export interface HuffmanTable {
  /** Of the longest code. */
  readonly bits: number;
  /** By the next `bits` bits, the symbol times 16, and how many of them are its own. */
  readonly codes: Uint16Array;
}

/** The reference decoder reads codes of 12 bits; the RFC has 11. */
const MAX_CODE_BITS = 12;
const MAX_WEIGHTS = 255;

/** A code as a block describes it, by weights of its symbols (RFC 8878 section 4.2.1). */
export function readHuffmanTable(cursor: Cursor): HuffmanTable {
  const header = cursor.byte();
  const weights =
    header < 128
      ? interleavedWeights(new Cursor(cursor.take(header)))
      : [...cursor.take((header - 126) >> 1)].flatMap((byte) => [byte >> 4, byte & 15]).slice(0, header - 127);
  let sum = 0;
  for (const weight of weights) {
    if (weight > MAX_CODE_BITS) throw new Damaged();
    sum += (1 << weight) >> 1;
  }
  const bits = 32 - Math.clz32(sum);
  // The last weight is the one that is missing for a power of two.
  const missing = (1 << bits) - sum;
  if (sum === 0 || bits > MAX_CODE_BITS || (missing & (missing - 1)) !== 0) throw new Damaged();
  weights.push(32 - Math.clz32(missing));
  const codes = new Uint16Array(1 << bits);
  let at = 0;
  for (let weight = 1; weight <= bits; weight++) {
    for (let symbol = weights.indexOf(weight); symbol >= 0; symbol = weights.indexOf(weight, symbol + 1)) {
      const end = at + ((1 << weight) >> 1);
      codes.fill(symbol * 16 + bits + 1 - weight, at, end);
      at = end;
    }
  }
  return { bits, codes };
}

/** Weights by two FSE states in turn; they end when the bits do. */
function interleavedWeights(cursor: Cursor): number[] {
  const table = readFseTable(cursor, 6, MAX_WEIGHTS);
  const stream = new BackwardBits(cursor.rest());
  const states = [stream.read(table.log), stream.read(table.log)];
  const weights: number[] = [];
  for (let turn = 0; stream.left >= 0; turn ^= 1) {
    const state = states[turn]!;
    weights.push(table.symbols[state]!);
    // A code of one symbol takes no bits and would go on for good.
    if (weights.length >= MAX_WEIGHTS) throw new Damaged();
    states[turn] = table.next[state]! + stream.read(table.bits[state]!);
    if (stream.left < 0) weights.push(table.symbols[states[turn ^ 1]!]!);
  }
  return weights;
}

/** Fills `out` from the end of the bytes. Bits may be left over: the reference decoder does not mind. */
export function readHuffman({ bits, codes }: HuffmanTable, bytes: Uint8Array, out: Uint8Array): void {
  const stream = new BackwardBits(bytes);
  for (let i = 0; i < out.length; i++) {
    const code = codes[stream.peek(bits)]!;
    out[i] = code >> 4;
    stream.left -= code & 15;
  }
  if (stream.left < 0) throw new Damaged();
}

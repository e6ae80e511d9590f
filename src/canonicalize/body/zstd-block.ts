import {
  BackwardBits,
  Cursor,
  Damaged,
  type FseTable,
  fseTable,
  type HuffmanTable,
  oneSymbol,
  readFseTable,
  readHuffman,
  readHuffmanTable,
} from './zstd-entropy.js';
import type { Output } from './zstd-output.js';

/** Of a block, before and after compression (RFC 8878 section 3.1.1.2.4). */
const MAX_BLOCK = 131_072;
/** Work on a block that has no codes of its own. */
const BLOCK_STEPS = 64;
/** A code of 24 and more is a distance beyond the largest window. */
const MAX_DISTANCE_CODE = 23;

/** One of the three codes of a sequence (RFC 8878 section 3.1.1.3.2.1). */
interface Kind {
  readonly maxLog: number;
  readonly maxSymbol: number;
  readonly predefined: FseTable;
}

const LITERAL_LENGTH: Kind = {
  maxLog: 9,
  maxSymbol: 35,
  predefined: fseTable(
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
    6,
  ),
};
const DISTANCE: Kind = {
  maxLog: 8,
  maxSymbol: 31,
  predefined: fseTable([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5),
};
const MATCH_LENGTH: Kind = {
  maxLog: 9,
  maxSymbol: 52,
  predefined: fseTable(
    [1, 4, 3, 2, 2, 2, 2, 2, 2, ...new Array<number>(37).fill(1), ...new Array<number>(7).fill(-1)],
    6,
  ),
};
const KINDS = [LITERAL_LENGTH, DISTANCE, MATCH_LENGTH] as const;

const LITERAL_LENGTHS = lengths(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCH_LENGTHS = lengths(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

/**
 * By code of a length, how many bits follow and the least length.
 *
 * @param plain codes that no bits follow, `first` and so on; behind them those with `more`.
 */
function lengths(first: number, plain: number, more: readonly number[]) {
  const bits = [...new Array<number>(plain).fill(0), ...more];
  const base: number[] = [];
  let next = first;
  for (const count of bits) {
    base.push(next);
    next += 1 << count;
  }
  return { bits, base };
}

/** Decodes the compressed blocks of one frame, each of which may use codes of the one before. */
export class BlockDecoder {
  private readonly start: number;
  private huffman: HuffmanTable | undefined;
  private tables: readonly FseTable[] | undefined;
  /** The last three distances, the latest first. */
  private readonly recent = [1, 4, 8];

  constructor(private readonly output: Output) {
    this.start = output.length;
  }

  /** @throws Damaged; the output then holds part of the block. */
  decode(block: Uint8Array): void {
    if (block.length > MAX_BLOCK) throw new Damaged();
    this.output.spend(BLOCK_STEPS);
    const cursor = new Cursor(block);
    const literals = this.literals(cursor);
    const count = sequenceCount(cursor);
    const used = count === 0 ? 0 : this.sequences(cursor, count, literals);
    this.output.append(literals, used, literals.length);
  }

  /** RFC 8878 section 3.1.1.3.1. */
  private literals(cursor: Cursor): Uint8Array {
    const first = cursor.byte();
    const type = first & 3;
    const format = (first >> 2) & 3;
    if (type < 2) {
      const more = [0, 1, 0, 2][format]!;
      const size = (first + cursor.uint(more) * 256) >> (more === 0 ? 3 : 4);
      if (size > MAX_BLOCK) throw new Damaged();
      return type === 0 ? cursor.take(size) : new Uint8Array(size).fill(cursor.byte());
    }
    const sizes = Math.floor((first + cursor.uint([2, 2, 3, 4][format]!) * 256) / 16);
    const unit = 1 << [10, 10, 14, 18][format]!;
    const literals = new Uint8Array(sizes % unit);
    if (literals.length > MAX_BLOCK) throw new Damaged();
    const coded = new Cursor(cursor.take(Math.floor(sizes / unit)));
    if (type === 2) {
      this.huffman = readHuffmanTable(coded);
      this.output.spend(this.huffman.codes.length);
    }
    if (this.huffman === undefined) throw new Damaged();
    if (format === 0) readHuffman(this.huffman, coded.rest(), literals);
    else this.fourStreams(this.huffman, coded.rest(), literals);
    return literals;
  }

  /**
   * RFC 8878 section 3.1.1.3.1.6. The reference decoder, and with it many servers, lets a stream that is too short run on
   * into the bytes of the one before it, so each is given those.
   */
  private fourStreams(huffman: HuffmanTable, bytes: Uint8Array, literals: Uint8Array): void {
    const cursor = new Cursor(bytes);
    const sizes = [cursor.uint(2), cursor.uint(2), cursor.uint(2)];
    const quarter = (literals.length + 3) >> 2;
    if (quarter * 3 > literals.length) throw new Damaged();
    let end = 6;
    sizes.forEach((size, i) => {
      end += size;
      if (end > bytes.length) throw new Damaged();
      readHuffman(huffman, bytes.subarray(0, end), literals.subarray(quarter * i, quarter * (i + 1)));
    });
    readHuffman(huffman, bytes, literals.subarray(quarter * 3));
  }

  /**
   * RFC 8878 section 3.1.1.3.2 and 3.1.1.4. Linear in what comes out: each sequence is 3 bytes at least.
   *
   * @returns how many of the literals were used.
   */
  private sequences(cursor: Cursor, count: number, literals: Uint8Array): number {
    const modes = cursor.byte();
    const tables = KINDS.map((kind, i) => this.table(cursor, kind, i, (modes >> (6 - 2 * i)) & 3));
    this.tables = tables;
    const [literal, distance, match] = tables as [FseTable, FseTable, FseTable];
    const bits = new BackwardBits(cursor.rest());
    let literalState = bits.read(literal.log);
    let distanceState = bits.read(distance.log);
    let matchState = bits.read(match.log);
    let used = 0;
    for (let i = 0; i < count; i++) {
      if (i > 0) {
        literalState = literal.next[literalState]! + bits.read(literal.bits[literalState]!);
        matchState = match.next[matchState]! + bits.read(match.bits[matchState]!);
        distanceState = distance.next[distanceState]! + bits.read(distance.bits[distanceState]!);
      }
      const distanceCode = distance.symbols[distanceState]!;
      if (distanceCode > MAX_DISTANCE_CODE) throw new Damaged();
      const value = (1 << distanceCode) + bits.read(distanceCode);
      const matchCode = match.symbols[matchState]!;
      const matchLength = MATCH_LENGTHS.base[matchCode]! + bits.read(MATCH_LENGTHS.bits[matchCode]!);
      const literalCode = literal.symbols[literalState]!;
      const literalLength = LITERAL_LENGTHS.base[literalCode]! + bits.read(LITERAL_LENGTHS.bits[literalCode]!);
      if (bits.left < 0 || used + literalLength > literals.length) throw new Damaged();
      this.output.append(literals, used, used + literalLength);
      used += literalLength;
      const back = this.distance(value, literalLength);
      if (back === 0 || back > this.output.length - this.start) throw new Damaged();
      this.output.repeat(back, matchLength);
    }
    if (bits.left !== 0) throw new Damaged();
    return used;
  }

  private table(cursor: Cursor, kind: Kind, index: number, mode: number): FseTable {
    if (mode === 0) return kind.predefined;
    if (mode === 2) {
      const table = readFseTable(cursor, kind.maxLog, kind.maxSymbol);
      this.output.spend(table.bits.length);
      return table;
    }
    if (mode === 1) {
      const symbol = cursor.byte();
      if (symbol > kind.maxSymbol) throw new Damaged();
      return oneSymbol(symbol);
    }
    const table = this.tables?.[index];
    if (table === undefined) throw new Damaged();
    return table;
  }

  /** RFC 8878 section 3.1.1.5: the least values stand for distances used last. */
  private distance(value: number, literalLength: number): number {
    const { recent } = this;
    const which = value > 3 ? 3 : literalLength === 0 ? value : value - 1;
    const back = value > 3 ? value - 3 : which === 3 ? recent[0]! - 1 : recent[which]!;
    if (which > 1) recent[2] = recent[1]!;
    if (which > 0) recent[1] = recent[0]!;
    recent[0] = back;
    return back;
  }
}

function sequenceCount(cursor: Cursor): number {
  const first = cursor.byte();
  if (first < 128) return first;
  return first < 255 ? (first - 128) * 256 + cursor.byte() : cursor.uint(2) + 0x7f00;
}

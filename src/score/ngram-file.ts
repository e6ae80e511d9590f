import { readFileSync } from 'node:fs';
import { BundleError } from './bundle.js';

/** The linear view's weights, as `ngram.bin` holds them. */
export interface NgramModel {
  /** UTF-16 units a window, its zone marker not counted, and between the starts of two windows. */
  readonly window: number;
  readonly stride: number;
  /** How far a mixed 32-bit hash is shifted right to become an index into `codes`. */
  readonly shift: number;
  /** One code a feature; its weight is `scale * code * |code|`. */
  readonly codes: Int8Array;
  readonly bias: number;
  readonly scale: number;
}

/** Lengths of the n-grams, which the view's code is written for. */
const SHORTEST = 3;
const LONGEST = 5;
const VERSION = 1;
const HEADER_BYTES = 32;
/** 2^22 weights: far beyond any use, and as much as a mistaken file may cost. */
const MOST_BITS = 22;

/**
 * Reads `ngram.bin`. Little-endian: magic `NGRM`, u16 version, u8 shortest and longest n-gram, u8 bits, u8 bytes a code,
 * u16 window, u16 stride, 2 bytes unused, f64 bias, f64 scale; then 2^bits codes of int8. Written by the trainer's `ngrams.py`.
 *
 * @throws BundleError naming the file, what was expected and what is there.
 */
export function loadNgramModel(path: string): NgramModel {
  return readNgramModel(readFileSync(path), path);
}

export function readNgramModel(bytes: Buffer, path: string): NgramModel {
  const must = (field: string, value: number | string, expected: string, holds: boolean): void => {
    if (!holds) throw new BundleError(`${path}: ${field}`, expected, value);
  };
  must('size', `${bytes.length} bytes`, `at least ${HEADER_BYTES} bytes`, bytes.length >= HEADER_BYTES);
  const magic = bytes.toString('latin1', 0, 4);
  must('magic', JSON.stringify(magic), '"NGRM"', magic === 'NGRM');
  const version = bytes.readUInt16LE(4);
  must('version', version, String(VERSION), version === VERSION);
  const lengths = `${bytes[6]} to ${bytes[7]}`;
  must('n-grams', lengths, `${SHORTEST} to ${LONGEST}`, lengths === `${SHORTEST} to ${LONGEST}`);
  const bits = bytes[8]!;
  must('bits', bits, `8 to ${MOST_BITS}`, bits >= 8 && bits <= MOST_BITS);
  must('bytes a code', bytes[9]!, '1', bytes[9] === 1);
  const window = bytes.readUInt16LE(10);
  const stride = bytes.readUInt16LE(12);
  must('window', window, `${LONGEST} to 1024`, window >= LONGEST && window <= 1024);
  must('stride', stride, `1 to ${window}, or text between windows would go unseen`, stride >= 1 && stride <= window);
  const bias = bytes.readDoubleLE(16);
  const scale = bytes.readDoubleLE(24);
  must('bias', bias, 'a finite number', Number.isFinite(bias));
  must('scale', scale, 'a finite number above 0', Number.isFinite(scale) && scale > 0);
  const size = HEADER_BYTES + 2 ** bits;
  must('size', `${bytes.length} bytes`, `${size} bytes`, bytes.length === size);
  // A copy of its own: the file's buffer may be a slice of a pool.
  const codes = Int8Array.from(new Int8Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, 2 ** bits));
  return { window, stride, shift: 32 - bits, codes, bias, scale };
}

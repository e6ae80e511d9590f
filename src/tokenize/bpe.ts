import { MARKER_BASE, MARKER_COUNT } from '../canonicalize/markers.js';
import { unitsOf } from '../canonicalize/units.js';
import { mergeWord } from './merge.js';
import type { Vocabulary } from './vocabulary.js';
import { CACHED_LENGTH, WordCache } from './word-cache.js';

/** Room for the ids of an ordinary request, kept between two: 128 KiB. */
const KEPT_IDS = 65_536;

const LETTER = 1;
const DIGIT = 2;
const SIGN = 3;
const BLANK = 4;
const MARKER = 5;

/** Class of each ASCII character in the pre-tokenizer's pattern (`SPLIT_PATTERN` of `vocabulary.ts`). */
const ASCII_CLASS = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[A-Za-z]/.test(char)) return LETTER;
  if (/[0-9]/.test(char)) return DIGIT;
  return /[\t\n\v\f\r ]/.test(char) ? BLANK : SIGN;
});

function classOf(code: number): number {
  if (code < 128) return ASCII_CLASS[code]!;
  return code >= MARKER_BASE && code < MARKER_BASE + MARKER_COUNT ? MARKER : LETTER;
}

/**
 * Byte-level BPE, equal to the Hugging Face library on `tests/vectors/tokenizer-cases.json`.
 *
 * Not reentrant: {@link encode} leaves the ids in {@link ids} until the next call that writes there.
 */
export class BpeEncoder {
  /** Ids of the texts encoded last, up to where `encode()` says that they end. */
  ids = new Uint16Array(1024);
  private symbols = new Uint16Array(256);
  private readonly cache = new WordCache();

  constructor(private readonly vocabulary: Vocabulary) {}

  /**
   * Encodes `text` into {@link ids}, without CLS. A lone surrogate counts as U+FFFD.
   *
   * @param from where to write; what stands before it stays.
   * @returns where the ids end.
   */
  encode(text: string, from = 0): number {
    const length = text.length;
    // A UTF-16 unit makes at most three bytes, and a byte at most one token.
    if (this.ids.length < from + length * 3) this.grow(from, from + length * 4);
    const { ids, cache } = this;
    const { byteIds } = this.vocabulary;
    const units = unitsOf(text);
    let n = from;
    let i = 0;
    while (i < length) {
      const start = i;
      let code = units[i]!;
      let kind = classOf(code);
      if (kind === MARKER) {
        ids[n++] = code - MARKER_BASE;
        i++;
        continue;
      }
      let hash = 0x811c9dc5;
      if (code === 0x20 && i + 1 < length) {
        const following = units[i + 1]!;
        const followingKind = classOf(following);
        if (followingKind < BLANK) {
          hash = Math.imul(hash ^ code, 0x01000193);
          kind = followingKind;
          code = following;
          i++;
        }
      }
      do {
        hash = Math.imul(hash ^ code, 0x01000193);
        if (++i === length) break;
        code = units[i]!;
      } while (classOf(code) === kind);

      // A byte of its own is a token of its own, and every third word is one.
      if (i - start === 1 && units[start]! < 0x80) {
        ids[n++] = byteIds[units[start]!]!;
        continue;
      }
      const cacheable = i - start <= CACHED_LENGTH;
      const known = cacheable ? cache.read(units, start, i, hash, ids, n) : 0;
      if (known > 0) {
        n += known;
        continue;
      }
      const count = this.encodeWord(units, start, i, n);
      if (cacheable) cache.write(units, start, i, hash, ids, n, count);
      n += count;
    }
    return n;
  }

  /** Gives back what a large request made of {@link ids}. */
  shrink(): void {
    if (this.ids.length > KEPT_IDS) this.ids = new Uint16Array(KEPT_IDS);
  }

  private grow(kept: number, size: number): void {
    const ids = new Uint16Array(Math.max(size, kept * 2));
    ids.set(this.ids.subarray(0, kept));
    this.ids = ids;
  }

  private encodeWord(units: Uint16Array, start: number, end: number, at: number): number {
    const { byteIds, merges } = this.vocabulary;
    const long = (end - start) * 3 > 65_536;
    // A long word takes a scratch of its own, so that one of them does not hold memory for good.
    if (!long && this.symbols.length < (end - start) * 3) this.symbols = new Uint16Array((end - start) * 3);
    const symbols = long ? new Uint16Array((end - start) * 3) : this.symbols;
    let n = 0;
    for (let i = start; i < end; i++) {
      let code = units[i]!;
      if (code < 0x80) {
        symbols[n++] = byteIds[code]!;
        continue;
      }
      if (code < 0x800) {
        symbols[n++] = byteIds[0xc0 | (code >> 6)]!;
        symbols[n++] = byteIds[0x80 | (code & 0x3f)]!;
        continue;
      }
      if (code >= 0xd800 && code <= 0xdfff) {
        const low = i + 1 < end ? units[i + 1]! : 0;
        if (code <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
          i++;
          symbols[n++] = byteIds[0xf0 | (code >> 18)]!;
          symbols[n++] = byteIds[0x80 | ((code >> 12) & 0x3f)]!;
          symbols[n++] = byteIds[0x80 | ((code >> 6) & 0x3f)]!;
          symbols[n++] = byteIds[0x80 | (code & 0x3f)]!;
          continue;
        }
        code = 0xfffd;
      }
      symbols[n++] = byteIds[0xe0 | (code >> 12)]!;
      symbols[n++] = byteIds[0x80 | ((code >> 6) & 0x3f)]!;
      symbols[n++] = byteIds[0x80 | (code & 0x3f)]!;
    }
    const count = mergeWord(symbols, n, merges);
    for (let k = 0; k < count; k++) this.ids[at + k] = symbols[k]!;
    return count;
  }
}

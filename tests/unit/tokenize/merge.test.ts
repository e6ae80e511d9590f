import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeByHeap, mergeByScan, SCAN_LIMIT } from '../../../src/tokenize/merge.js';
import { Tokenizer } from '../../../src/tokenize/tokenizer.js';
import { loadVocabulary } from '../../../src/tokenize/vocabulary.js';

const path = new URL('../../vectors/tokenizer.json', import.meta.url).pathname;
const { merges, byteIds } = loadVocabulary(path);
const letters = (seed: number, length: number): string => {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return 'etaoinsrhldcu'[(state >>> 16) % 13];
  }).join('');
};

/** The definition, word for word: merge the leftmost pair of lowest rank until none is left. */
function naive(word: string): number[] {
  const { model } = JSON.parse(readFileSync(path, 'utf8'));
  const ranks = new Map<string, number>(
    model.merges.map((m: string | string[], i: number) => [[m].flat().join(' '), i]),
  );
  let parts = [...word];
  for (;;) {
    let at = -1;
    let best = Number.POSITIVE_INFINITY;
    parts.forEach((part, i) => {
      const rank = ranks.get(`${part} ${parts[i + 1]}`) ?? Number.POSITIVE_INFINITY;
      if (rank < best) [best, at] = [rank, i];
    });
    if (at < 0) return parts.map((part) => model.vocab[part]);
    parts = [...parts.slice(0, at), parts[at]! + parts[at + 1]!, ...parts.slice(at + 2)];
  }
}

describe('merging', () => {
  it('gives the same tokens by scan and by heap', () => {
    const byte = fc.oneof(fc.constantFrom(...Buffer.from('etaoinsrhld')), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: SCAN_LIMIT }), (bytes) => {
        const symbols = Uint16Array.from(bytes, (b) => byteIds[b]!);
        const other = symbols.slice();
        const n = mergeByScan(symbols, bytes.length, merges);
        expect(mergeByHeap(other, bytes.length, merges)).toBe(n);
        expect(Array.from(other.subarray(0, n))).toEqual(Array.from(symbols.subarray(0, n)));
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('follows the definition on words on both sides of the limit', () => {
    const tokenizer = Tokenizer.load(path, { tokens: 96, overlap: 24, prefixTokens: 16 });
    for (const length of [1, 2, 7, 31, 32, 33, SCAN_LIMIT - 1, SCAN_LIMIT, SCAN_LIMIT + 1, 400]) {
      const word = letters(length, length);
      expect(Array.from(tokenizer.encodeText(word)), word).toEqual(naive(word));
    }
  });

  it('does not grow with the square of a word: one of 60 KB takes as many tokens as its pieces would', () => {
    const tokenizer = Tokenizer.load(path, { tokens: 96, overlap: 24, prefixTokens: 16 });
    const word = letters(7, 60_000);
    const ids = tokenizer.encodeText(word);
    const { byteLengths } = loadVocabulary(path);
    expect(ids.reduce((sum, id) => sum + byteLengths[id]!, 0)).toBe(60_000);
    // Merges reach a few pieces far, so away from the cut a slice of the word has the word's own tokens.
    const head = naive(word.slice(0, 600));
    expect(Array.from(ids.subarray(0, head.length - 20))).toEqual(head.slice(0, -20));
  });

  it('does one run of a repeated letter as the definition does', () => {
    const tokenizer = Tokenizer.load(path, { tokens: 96, overlap: 24, prefixTokens: 16 });
    for (const letter of 'etas')
      expect(Array.from(tokenizer.encodeText(letter.repeat(501)))).toEqual(naive(letter.repeat(501)));
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MARKER_BASE, MARKER_COUNT, MARKERS, neutralizeMarkers } from '../../../src/canonicalize/markers.js';
import { Tokenizer } from '../../../src/tokenize/tokenizer.js';

interface Case {
  readonly text: string;
  readonly ids: number[];
  /** Present where the trainer cut the text, too. */
  readonly windows?: number[][];
}

const vectors = new URL('../../vectors/', import.meta.url).pathname;
const cases = JSON.parse(readFileSync(`${vectors}tokenizer-cases.json`, 'utf8')) as Case[];
const shape = { tokens: 96, overlap: 24, prefixTokens: 16 };
const tokenizer = Tokenizer.load(`${vectors}tokenizer.json`, shape);

describe('tokenizer vectors', () => {
  it('are many, and long ones are among them', () => {
    expect(cases.length).toBeGreaterThanOrEqual(2000);
    expect(cases.filter((c) => (c.windows?.length ?? 0) > 1).length).toBeGreaterThan(10);
  });

  it('hold only the keys that this test checks', () => {
    for (const c of cases) expect(['ids', 'text', 'windows']).toEqual(expect.arrayContaining(Object.keys(c)));
  });

  // Twice: the second pass is answered by the word cache.
  it.each(['cold', 'cached'])('equal the Hugging Face library, %s', () => {
    for (const { text, ids } of cases) {
      expect(Array.from(tokenizer.encodeText(text)), JSON.stringify(text.slice(0, 200))).toEqual(ids);
    }
  });

  it('are cut into the same windows as in the trainer', () => {
    for (const { text, windows } of cases) {
      if (!windows) continue;
      expect(
        tokenizer.encodeWindows(text).map((w) => Array.from(w)),
        JSON.stringify(text.slice(0, 200)),
      ).toEqual(windows);
    }
  });
});

describe('markers', () => {
  it('have the id of their code point, reserved ones too', () => {
    for (let id = 0; id < MARKER_COUNT; id++) {
      const mark = String.fromCharCode(MARKER_BASE + id);
      expect(Array.from(tokenizer.encodeText(mark))).toEqual([id]);
      expect(tokenizer.encodeText(`a${mark} b`)[1]).toBe(id);
    }
  });

  it('never come out of text that was neutralized or only looks alike', () => {
    const block = String.fromCharCode(...Array.from({ length: MARKER_COUNT }, (_, i) => MARKER_BASE + i));
    const lookAlikes = [
      neutralizeMarkers(block),
      '[CLS]<s>[VALUE]\ue020\udbff\udfff\uf8ff\ud83d\ude00',
      Buffer.from(block, 'utf8').toString('latin1'),
      '\\ue00b&#xe00b;%ee%80%8b',
      '\ud838\udc0b\ud83e\udc0b',
    ];
    for (const text of lookAlikes) {
      for (const id of tokenizer.encodeText(text)) expect(id).toBeGreaterThanOrEqual(MARKER_COUNT);
    }
    expect(Array.from(tokenizer.encodeText(MARKERS.VALUE))).toEqual([11]);
  });
});

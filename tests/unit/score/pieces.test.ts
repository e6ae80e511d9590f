import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import { LinearView } from '../../../src/score/linear-view.js';
import { loadNgramModel } from '../../../src/score/ngram-file.js';
import { countPieces, cutOf, cutPiece, type Piece } from '../../../src/score/pieces.js';

const vectors = JSON.parse(readFileSync(new URL('../../vectors/pieces.json', import.meta.url), 'utf8')) as {
  units: number;
  stride: number;
  cases: { text: string; pieces: { text: string; start: number; end: number }[] }[];
};
const linearVectors = JSON.parse(readFileSync(new URL('../../vectors/linear.json', import.meta.url), 'utf8')) as {
  cases: { text: string; windows: [start: number, end: number, logit: number][] }[];
};
const shape = { units: 96, stride: 48 };
const { QUERY, VALUE } = MARKERS;

function piecesOf(text: string): Piece[] {
  const cut = cutOf(text);
  return Array.from({ length: countPieces(text.length, cut, shape) }, (_, i) => cutPiece(text, cut, i, shape));
}

describe('pieces', () => {
  it("are the trainer's", () => {
    expect({ units: vectors.units, stride: vectors.stride }).toEqual(shape);
    expect(vectors.cases.length).toBeGreaterThan(9);
    for (const { text, pieces } of vectors.cases) {
      const own = piecesOf(text).map((piece) => ({ text: piece.text, start: piece.start, end: piece.end }));
      expect(own, JSON.stringify(text)).toEqual(pieces);
    }
  });

  it('are the text itself up to the length of one', () => {
    for (const text of ['', QUERY, `${QUERY}${VALUE}`, `${QUERY}q`, `${QUERY}q${VALUE}${'x'.repeat(95)}`]) {
      expect(piecesOf(text)).toEqual([{ text, start: 0, end: text.length, head: 0 }]);
    }
    expect(piecesOf(`${QUERY}${'x'.repeat(96)}`)).toHaveLength(1);
  });

  it('repeat zone, name and VALUE from the second on', () => {
    const head = `${QUERY}name${VALUE}`;
    const value = Array.from({ length: 96 }, (_, i) => String.fromCharCode(0x100 + i)).join('');
    expect(piecesOf(head + value)).toEqual([
      { text: head + value.slice(0, 95), start: 0, end: 101, head: 0 },
      { text: head + value.slice(47), start: 53, end: 102, head: 6 },
    ]);
  });

  it('repeat the zone alone where there is no VALUE', () => {
    const pieces = piecesOf(`${QUERY}${'x'.repeat(97)}`);
    expect(pieces.map(({ text, start, end, head }) => [text.length, start, end, head])).toEqual([
      [97, 0, 97, 0],
      [50, 49, 98, 1],
    ]);
    expect(pieces[1]!.text[0]).toBe(QUERY);
  });

  it('have their borders before a character that they would halve', () => {
    // The first piece would end, the third begin, within a pair.
    const pieces = piecesOf(`${QUERY}${VALUE}${'😀'.repeat(80)}`);
    expect(pieces.map(({ start, end }) => [start, end])).toEqual([
      [0, 96],
      [48, 144],
      [96, 162],
    ]);
    expect(pieces[2]!.text).toBe(`${QUERY}${VALUE}${'😀'.repeat(33)}`);
  });

  it('hold every unit, in the number defined, whole characters, and each window of the linear view as a whole', () => {
    const unit = fc.constantFrom('a', 'é', '漢', '😀', ' ', "'");
    const part = fc.array(unit, { maxLength: 400 }).map((units) => units.join(''));
    const name = fc.array(unit, { maxLength: 30 }).map((units) => units.join(''));
    fc.assert(
      fc.property(name, part, fc.boolean(), (name, value, hasValue) => {
        const text = `${QUERY}${name}${hasValue ? VALUE : ''}${value}`;
        const cut = hasValue ? name.length + 1 : 1;
        const starts: number[] = [];
        for (let s = cut; s < Math.max(cut + 1, text.length - 48); s += 48) starts.push(s);
        const pieces = piecesOf(text);
        expect(pieces).toHaveLength(starts.length);
        let covered = 0;
        pieces.forEach((piece, i) => {
          expect(piece.start).toBeLessThanOrEqual(covered);
          expect(piece.end).toBeGreaterThan(covered);
          covered = piece.end;
          expect(piece.text).toBe(text.slice(0, piece.head) + text.slice(piece.start, piece.end));
          expect(() => encodeURIComponent(piece.text)).not.toThrow();
          if (i > 0) expect(Math.abs(piece.start - starts[i]!)).toBeLessThanOrEqual(1);
        });
        expect(covered).toBe(text.length);
        for (let from = cut; from < Math.max(cut + 1, text.length - 24); from += 24) {
          const to = Math.min(from + 48, text.length);
          // A character on a border may be missing.
          expect(pieces.some(({ start, end }) => start <= from && end >= to - 1)).toBe(true);
        }
      }),
      { seed: 6, numRuns: 400 },
    );
  });
});

describe('the linear view of pieces', () => {
  const view = new LinearView(loadNgramModel(fileURLToPath(new URL('../../fixtures/ngram.bin', import.meta.url))));

  it('is the largest of the windows that lie in a piece, of the name in the first', () => {
    expect(view.pieceShape).toEqual(shape);
    let several = 0;
    for (const { text, windows } of linearVectors.cases) {
      const cut = cutOf(text);
      const score = view.score(text);
      const count = countPieces(text.length, cut, shape);
      if (count === 1) {
        expect(score.pieces, JSON.stringify(text)).toBeUndefined();
        continue;
      }
      several++;
      const expected = Array.from({ length: count }, (_, piece) => {
        const from = cut + 48 * piece;
        const own = windows.filter(
          ([start]) => start === from || start === from + 24 || start === from + 48 || (piece === 0 && start < cut),
        );
        return Math.max(...own.map(([, , logit]) => logit));
      });
      expect(score.pieces!.length).toBe(count);
      for (const [i, logit] of score.pieces!.entries())
        expect(logit, JSON.stringify(text)).toBeCloseTo(expected[i]!, 9);
      expect(Math.max(...score.pieces!)).toBe(score.logit);
    }
    expect(several).toBeGreaterThan(10);
  });
});

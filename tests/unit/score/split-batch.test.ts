import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestRun } from '../../../src/score/best-run.js';
import { splitBatch } from '../../../src/score/split-batch.js';

describe('splitting a batch', () => {
  it('keeps like lengths together and gives a long window a run of its own', () => {
    expect(splitBatch([10, 96, 11, 9, 10], 14)).toEqual([[1], [2, 0, 4, 3]]);
  });

  it('never splits where starting a run costs more than padding', () => {
    expect(splitBatch([10, 96, 11], Number.POSITIVE_INFINITY)).toEqual([[1, 2, 0]]);
    expect(splitBatch([], 14)).toEqual([]);
  });

  it('loses no window, sorts by length, and costs at most what one padded run would', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 96 }), { minLength: 1, maxLength: 60 }), (lengths) => {
        const runs = splitBatch(lengths, 14);
        expect(runs.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        const order = runs.flat().map((i) => lengths[i]!);
        expect(order).toEqual([...order].sort((a, b) => b - a));
        const cost = runs.reduce((sum, run) => sum + 14 + run.length * lengths[run[0]!]!, 0);
        expect(cost).toBeLessThanOrEqual(14 + lengths.length * Math.max(...lengths));
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('the best run', () => {
  it('is where the mean is highest; CLS and padding never count', () => {
    const logits = Float32Array.of(9, 9, /* row */ 99, 0, 1, 5, 5, 1, 0, 0, /* padding */ 50, 50);
    expect(bestRun(logits, 2, 8, 2)).toEqual([3, 5]);
    expect(bestRun(logits, 2, 8, 3)).toEqual([2, 5]);
    expect(bestRun(logits, 2, 8, 7)).toEqual([1, 8]);
  });

  it('of a window shorter than a run is everything but CLS', () => {
    const logits = Float32Array.of(99, 1, 2, 3);
    expect(bestRun(logits, 0, 4, 6)).toEqual([1, 4]);
    expect(bestRun(logits, 0, 2, 6)).toEqual([1, 2]);
    expect(bestRun(logits, 0, 1, 6)).toEqual([0, 1]);
  });

  it('equals trying every run', () => {
    const row = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 8 }), (values, run) => {
        const logits = Float32Array.from(values);
        const [from, to] = bestRun(logits, 0, values.length, run);
        const sum = (start: number): number => values.slice(start, start + to - from).reduce((a, b) => a + b, 0);
        expect(to - from).toBe(Math.min(run, values.length - 1));
        for (let start = 1; start + to - from <= values.length; start++) {
          expect(sum(from)).toBeGreaterThanOrEqual(sum(start));
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Calibration } from '../../../src/score/calibration.js';

const table = {
  smallestBudget: 1 / 10_000,
  survival: [
    [-4, 0.9],
    [-1, 0.3],
    [0, 0.05],
    [2, 0.002],
    [3, 0.0005],
  ] as [number, number][],
  tail: { from: 3, scale: 0.5 },
};
const calibration = new Calibration(table);
const share = (logit: number): number => Math.exp(calibration.logSurvival(logit));
const fixture = JSON.parse(readFileSync(new URL('../../fixtures/tiny-bundle/manifest.json', import.meta.url), 'utf8'));

describe('survival', () => {
  it('is the table at its points, 1 below, and ln-linear between', () => {
    for (const [logit, s] of table.survival) expect(share(logit)).toBeCloseTo(s, 12);
    expect(share(-4.001)).toBe(1);
    expect(share(Number.NEGATIVE_INFINITY)).toBe(1);
    expect(share(1)).toBeCloseTo(Math.sqrt(0.05 * 0.002), 12);
  });

  it('falls exponentially in the tail, also when the tail begins inside the table', () => {
    expect(share(4)).toBeCloseTo(0.0005 * Math.exp(-2), 12);
    expect(share(1e9)).toBe(0);
    const early = new Calibration({ ...table, tail: { from: 1, scale: 2 } });
    expect(Math.exp(early.logSurvival(3))).toBeCloseTo(Math.sqrt(0.05 * 0.002) * Math.exp(-1), 12);
  });
});

describe('score', () => {
  const budget = fc.double({ min: table.smallestBudget, max: 0.5, noNaN: true });

  it('is monotone and in [0, 1]', () => {
    const logit = fc.double({ min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(logit, logit, budget, (a, b, share) => {
        const [low, high] = [calibration.score(Math.min(a, b), share), calibration.score(Math.max(a, b), share)];
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it('is 0.5 at the threshold of whatever budget the table reaches', () => {
    fc.assert(
      fc.property(budget, (b) => {
        expect(calibration.score(calibration.thresholdFor(b), b)).toBeCloseTo(0.5, 9);
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it('at a budget above the table takes its first point for the threshold', () => {
    expect(calibration.thresholdFor(0.95)).toBe(-4);
    expect(calibration.score(-4.1, 0.95)).toBeLessThan(0.5);
    expect(calibration.score(-4, 0.95)).toBeGreaterThan(0.5);
  });
});

describe('the budget', () => {
  it('is refused below what the held-out sample can show, with both figures', () => {
    expect(() => calibration.thresholdFor(5e-5)).toThrow(
      "expected at least 0.000100, which is all that the model's 9999 held-out benign requests can show, got 0.00005",
    );
    expect(() => calibration.thresholdFor(1e-4)).not.toThrow();
  });

  it.each([0, 1, -0.1, Number.NaN])('is refused when it is %s', (bad) => {
    expect(() => calibration.thresholdFor(bad)).toThrow('expected a share between 0 and 1');
  });

  it('gives the threshold that the trainer wrote into its manifest', () => {
    const theirs = new Calibration(fixture.calibration);
    expect(theirs.thresholdFor(fixture.falsePositiveBudget)).toBeCloseTo(fixture.threshold, 6);
  });
});

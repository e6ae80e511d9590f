import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutWindows, fitBudget, planWindows, type WindowPlan } from '../../../src/tokenize/windows.js';

const shape = { tokens: 96, overlap: 24, prefixTokens: 16 };

/** All windows of ids that stand behind some others. */
function cut(ids: readonly number[], plan: WindowPlan): number[][] {
  const before = [7, 7, 7];
  const all = { start: before.length, length: ids.length, plan };
  const places = Array.from({ length: plan.count }, (_, ordinal) => ({ cut: all, ordinal }));
  return cutWindows(Uint16Array.from([...before, ...ids, 8]), 1, places).map((window) => Array.from(window));
}

function windows(ids: number[]): number[][] {
  return cut(ids, planWindows(ids.length, ids.indexOf(11), shape));
}

describe('windows', () => {
  it('leave a sequence that fits in one piece', () => {
    expect(windows([])).toEqual([[1]]);
    const ids = Array.from({ length: 95 }, (_, i) => 32 + i);
    expect(windows(ids)).toEqual([[1, ...ids]]);
  });

  it('repeat zone, name and VALUE, and share a quarter', () => {
    const ids = [5, 40, 11, ...Array.from({ length: 150 }, (_, i) => 100 + i)];
    const [first, second, ...rest] = windows(ids);
    expect(first).toEqual([1, ...ids.slice(0, 95)]);
    expect(second).toEqual([1, 5, 40, 11, ...ids.slice(3 + 68, 3 + 68 + 92)]);
    expect(rest).toEqual([]);
  });

  it('repeat only the zone when the name is long or there is no VALUE', () => {
    const name = Array.from({ length: 16 }, () => 50);
    for (const ids of [
      [5, ...name, 11, ...Array.from({ length: 120 }, (_, i) => 100 + i)],
      [5, ...Array.from({ length: 137 }, (_, i) => 100 + i)],
    ]) {
      expect(windows(ids)[1]!.slice(0, 2)).toEqual([1, 5]);
      expect(windows(ids)[1]![2]).toBe(ids[1 + 70]);
    }
  });

  it('cover every id, in order, within the length', () => {
    fc.assert(
      fc.property(fc.nat(700), fc.integer({ min: -1, max: 40 }), (length, valueAt) => {
        const at = valueAt < length ? valueAt : -1;
        const plan = planWindows(length, at, shape);
        const ids = Array.from({ length }, (_, i) => i);
        let covered = plan.count === 1 ? 0 : plan.prefix;
        for (const window of cut(ids, plan)) {
          expect(window.length).toBeLessThanOrEqual(96);
          const body = window.slice(1 + plan.prefix);
          if (body.length > 0) {
            expect(body[0]).toBeLessThanOrEqual(covered);
            covered = Math.max(covered, body.at(-1)! + 1);
          }
        }
        expect(covered).toBe(length);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe('the window budget', () => {
  /** Of each text its windows' priorities: the first ranks first, then the last. */
  const candidates = (texts: readonly (readonly number[])[]) =>
    texts.flatMap((priorities, text) =>
      priorities.map((priority, ordinal) => ({
        place: `${text}.${ordinal}`,
        rank: ordinal === 0 ? 0 : ordinal === priorities.length - 1 ? 1 : 2,
        priority,
      })),
    );
  const kept = (texts: readonly (readonly number[])[], budget: number): string[] =>
    fitBudget(candidates(texts), budget).map(({ place }) => place);

  it('keeps first windows, then last ones, then the most suspicious between', () => {
    expect(kept([[0], [0, 9, 0], [0]], 3)).toEqual(['0.0', '1.0', '2.0']);
    expect(kept([[0], [0, 1, 7, 2, 0], [0]], 5)).toEqual(['0.0', '1.0', '1.2', '1.4', '2.0']);
    expect(kept([[0, 1, 7, 2, 8, 0]], 4)).toEqual(['0.0', '0.2', '0.4', '0.5']);
    expect(kept([[-3, -9.5, -2, -4, -3]], 3)).toEqual(['0.0', '0.2', '0.4']);
  });

  it('prefers suspicious fields when even the first windows exceed it', () => {
    expect(kept([[0], [5], [1]], 2)).toEqual(['1.0', '2.0']);
  });

  it('is used up whenever there is something to keep, and never exceeded', () => {
    const fields = fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }), { maxLength: 30 });
    fc.assert(
      fc.property(fields, fc.integer({ min: 1, max: 100 }), (priorities, budget) => {
        const all = candidates(priorities);
        const some = fitBudget(all, budget);
        expect(some).toHaveLength(Math.min(budget, all.length));
        expect(some).toEqual(all.filter((candidate) => some.includes(candidate)));
      }),
      { seed: 5 },
    );
  });
});

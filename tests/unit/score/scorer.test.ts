import { describe, expect, it } from 'vitest';
import type { CanonicalField } from '../../../src/canonicalize/canonical-request.js';
import { Calibration } from '../../../src/score/calibration.js';
import { ScoreError } from '../../../src/score/score-error.js';
import { Scorer, type ScorerOptions } from '../../../src/score/scorer.js';
import type { View } from '../../../src/score/view.js';
import type { Encoding } from '../../../src/tokenize/encoding.js';

const never = new AbortController().signal;
const calibration = new Calibration({
  smallestBudget: 1e-4,
  survival: [
    [-5, 1],
    [0, 0.01],
    [2, 0.001],
    [3, 0.0001],
  ],
  tail: { from: 3, scale: 0.5 },
});

/** Fields of the given windows' logits, and the view that says so. */
function scene(...fields: number[][]): { encoding: Encoding; view: View } {
  const list = fields.map((_, i): CanonicalField => ({ zone: 'query', name: `f${i}`, value: 'v', text: `field ${i}` }));
  const windows = fields.flatMap((logits, field) =>
    logits.map((_, ordinal) => ({ ids: Uint16Array.of(1, 5), field, ordinal })),
  );
  const scores = fields.flat().map((logit) => ({ logit, from: 1, to: 2 }));
  return {
    encoding: { fields: list, windows, tokens: windows.length * 2, droppedWindows: 0 },
    view: { name: 'given', score: async () => ({ windows: scores, cacheHits: 1 }) },
  };
}

function scorer(view: View, options: Partial<ScorerOptions> = {}): Scorer {
  const spanOf = (text: string, ordinal: number): [number, number] => [ordinal, text.length];
  return new Scorer({ modelId: 'm-1', view, calibration, budget: 0.001, spanOf, ...options });
}

describe('the scorer', () => {
  it('takes the worst window of a field and the worst field of the request', async () => {
    const { encoding, view } = scene([-3], [-4, 3, 1], [-2, -1]);
    const result = await scorer(view).score(encoding, never);
    expect(result).toMatchObject({ modelId: 'm-1', logit: 3, fieldCount: 3, windowCount: 6, cacheHits: 1 });
    expect(result.score).toBeCloseTo(0.001 / (0.001 + 0.0001), 9);
    expect(result.fields.map((f) => [f.field.name, f.logit])).toEqual([
      ['f1', 3],
      ['f2', -1],
      ['f0', -3],
    ]);
  });

  it('is 0.5 at the threshold of the budget', async () => {
    const { encoding, view } = scene([2]);
    const one = scorer(view);
    expect(one.thresholdLogit).toBeCloseTo(2, 9);
    expect((await one.score(encoding, never)).score).toBeCloseTo(0.5, 9);
    expect((await scorer(view, { budget: 0.01 }).score(encoding, never)).score).toBeGreaterThan(0.9);
  });

  it('looks spans up where the score deserves it, in the window that decided', async () => {
    const { encoding, view } = scene([-3], [-4, 3]);
    const spans = async (options: Partial<ScorerOptions>): Promise<unknown> =>
      (await scorer(view, options).score(encoding, never)).fields.map((f) => f.span);
    expect(await spans({})).toEqual([
      [1, 7],
      [0, 0],
    ]);
    expect(await spans({ spanFloor: 0 })).toEqual([
      [1, 7],
      [0, 7],
    ]);
  });

  it('names at most the top fields', async () => {
    const { encoding, view } = scene(...Array.from({ length: 9 }, (_, i) => [i - 5]));
    expect((await scorer(view).score(encoding, never)).fields.length).toBe(5);
    const three = await scorer(view, { topFields: 3 }).score(encoding, never);
    expect(three.fields.map((f) => f.logit)).toEqual([3, 2, 1]);
    expect(three.fieldCount).toBe(9);
  });

  it('scores a request without windows 0', async () => {
    const { encoding, view } = scene();
    const result = await scorer(view).score(encoding, never);
    expect(result).toMatchObject({ score: 0, logit: Number.NEGATIVE_INFINITY, fields: [] });
  });

  it('passes failures on', async () => {
    const { encoding } = scene([1]);
    const view: View = { name: 'broken', score: () => Promise.reject(new ScoreError('backend_failed', 'gone')) };
    await expect(scorer(view).score(encoding, never)).rejects.toMatchObject({ reason: 'backend_failed' });
  });

  it('refuses a budget that the model cannot support, and no fields at all', () => {
    const { view } = scene();
    expect(() => scorer(view, { budget: 1e-5 })).toThrow('false-positive budget: expected at least 0.000100');
    expect(() => scorer(view, { topFields: 0 })).toThrow('topFields: expected an integer from 1 up, got 0');
  });
});

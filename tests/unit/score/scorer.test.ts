import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanonicalField } from '../../../src/canonicalize/canonical-request.js';
import { Calibration } from '../../../src/score/calibration.js';
import { CombineRule } from '../../../src/score/combine.js';
import { ScoreError } from '../../../src/score/score-error.js';
import { Scorer, type ScorerOptions } from '../../../src/score/scorer.js';
import type { Screening } from '../../../src/score/screening.js';
import type { View } from '../../../src/score/view.js';
import type { Encoding } from '../../../src/tokenize/encoding.js';
import { VIEWS } from './two-views.js';

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
function scene(...fields: number[][]): { encoding: Encoding & Pick<Screening, 'fields'>; view: View } {
  const list = fields.map((_, i): CanonicalField => ({ zone: 'query', name: `f${i}`, value: 'v', text: `field ${i}` }));
  const windows = fields.flatMap((logits, field) =>
    logits.map((_, ordinal) => ({ ids: Uint16Array.of(1, 5), field, ordinal })),
  );
  const scores = fields.flat().map((logit) => ({ logit, from: 1, to: 2 }));
  return {
    encoding: { fields: list, windows, tokens: windows.length * 2, droppedUnits: 0 },
    view: { name: 'given', score: async () => ({ windows: scores, cacheHits: 1 }) },
  };
}

/** The screening of a bundle that has the Transformer alone. */
function everything({ fields }: { fields: readonly CanonicalField[] }): Screening {
  return { fields, threshold: 2, open: { fields } };
}

function scorer(view: View, options: Partial<ScorerOptions> = {}): Scorer {
  const spanOf = (text: string, ordinal: number): [number, number] => [ordinal, text.length];
  return new Scorer({ modelId: 'm-1', view, calibration, budget: 0.001, spanOf, ...options });
}

describe('the scorer', () => {
  it('takes the worst window of a field and the worst field of the request', async () => {
    const { encoding, view } = scene([-3], [-4, 3, 1], [-2, -1]);
    const result = await scorer(view).score(everything(encoding), encoding, never);
    expect(result).toMatchObject({ modelId: 'm-1', raw: 3, fieldCount: 3, windowCount: 6, cacheHits: 1 });
    expect(result.score).toBeCloseTo(0.001 / (0.001 + 0.0001), 9);
    expect(result.fields.map((f) => [f.field.name, f.raw])).toEqual([
      ['f1', 3],
      ['f2', -1],
      ['f0', -3],
    ]);
  });

  it('is 0.5 at the threshold of the budget', async () => {
    const { encoding, view } = scene([2]);
    const one = scorer(view);
    expect(one.thresholdRaw).toBeCloseTo(2, 9);
    expect((await one.score(everything(encoding), encoding, never)).score).toBeCloseTo(0.5, 9);
    expect((await scorer(view, { budget: 0.01 }).score(everything(encoding), encoding, never)).score).toBeGreaterThan(
      0.9,
    );
  });

  it('looks spans up where the score deserves it, in the window that decided', async () => {
    const { encoding, view } = scene([-3], [-4, 3]);
    const spans = async (options: Partial<ScorerOptions>): Promise<unknown> =>
      (await scorer(view, options).score(everything(encoding), encoding, never)).fields.map((f) => f.span);
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
    expect((await scorer(view).score(everything(encoding), encoding, never)).fields.length).toBe(5);
    const three = await scorer(view, { topFields: 3 }).score(everything(encoding), encoding, never);
    expect(three.fields.map((f) => f.raw)).toEqual([3, 2, 1]);
    expect(three.fieldCount).toBe(9);
  });

  it('scores a request without windows 0', async () => {
    const { encoding, view } = scene();
    const result = await scorer(view).score(everything(encoding), encoding, never);
    expect(result).toMatchObject({ score: 0, raw: Number.NEGATIVE_INFINITY, fields: [] });
  });

  it('passes failures on', async () => {
    const { encoding } = scene([1]);
    const view: View = { name: 'broken', score: () => Promise.reject(new ScoreError('backend_failed', 'gone')) };
    await expect(scorer(view).score(everything(encoding), encoding, never)).rejects.toMatchObject({
      reason: 'backend_failed',
    });
  });

  it('refuses a budget that the model cannot support, and no fields at all', () => {
    const { view } = scene();
    expect(() => scorer(view, { budget: 1e-5 })).toThrow('false-positive budget: expected at least 0.000100');
    expect(() => scorer(view, { topFields: 0 })).toThrow('topFields: expected an integer from 1 up, got 0');
  });
});

describe('two views', () => {
  const views = { ...VIEWS, surpriseBound: 6 };
  const BOTH = new CombineRule(views);
  /** Of requests' combined surprises. */
  const combined = new Calibration({
    smallestBudget: 1e-4,
    survival: [
      [0.5, 0.9],
      [2, 0.05],
      [4, 0.0005],
      [4.5, 0.0002],
    ],
    tail: { from: 4.5, scale: 0.2 },
  });

  /** A field for each pair of logits, named so that both views know it; `asked` collects what the Transformer judged. */
  function duo(pairs: [transformer: number, linear: number][], budget: number, cascade: boolean, rule = BOTH) {
    const fields = pairs.map((_, i): CanonicalField => ({ zone: 'body', name: '', value: '', text: String(i) }));
    const asked: number[] = [];
    const view: View = {
      name: 'transformer',
      score: async (encoding) => ({
        windows: encoding.windows.map(({ field }) => {
          const index = Number(encoding.fields[field]!.text);
          asked.push(index);
          return { logit: pairs[index]![0], from: 1, to: 2 };
        }),
        cacheHits: 0,
      }),
    };
    const screened: { fields: number; open: number }[] = [];
    const one = new Scorer({
      modelId: 'm-2',
      view,
      second: {
        linear: { score: (text) => ({ logit: pairs[Number(text)]![1], start: 0, end: 1 }) },
        pieces: { units: 96, stride: 48 },
        rule,
        cascade,
      },
      calibration: combined,
      budget,
      topFields: 100,
      spanFloor: 0,
      spanOf: () => [1, 2],
      onScreened: (counts) => screened.push(counts),
    });
    const run = async () => {
      const screening = one.screen(fields);
      const windows = screening.open.fields.map((_, field) => ({ ids: Uint16Array.of(1), field, ordinal: 0 }));
      const encoding = { fields: screening.open.fields, windows, tokens: windows.length, droppedUnits: 0 };
      return one.score(screening, encoding, never);
    };
    return { run, asked, screened, threshold: one.thresholdRaw };
  }

  it('average what surprises each, and the worst field decides', async () => {
    const { run } = duo(
      [
        [0, -2],
        [4, -2],
        [-5, -8],
      ],
      0.05,
      false,
    );
    const { raw, fields } = await run();
    // 1 in 2,000 and 1 in 10; 1 in 20 and 1 in 10; 9 in 10 twice. Only the first surprise exceeds half the bound.
    const strange = 3 + 3 * Math.tanh((Math.log10(2000) - 3) / 3);
    expect(fields.map((f) => f.field.text)).toEqual(['1', '0', '2']);
    expect(raw).toBeCloseTo((strange + 1) / 2, 9);
    expect(fields[1]!.raw).toBeCloseTo((Math.log10(20) + 1) / 2, 9);
    expect(fields[2]!.raw).toBeCloseTo(-Math.log10(0.9), 9);
  });

  it('decide the same with the cascade on and off, whatever the logits and the budget', async () => {
    const logit = fc.integer({ min: -1200, max: 1500 }).map((hundredths) => hundredths / 100);
    const anomalous = { on: 0, saved: 0, fields: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(logit, logit), { minLength: 1, maxLength: 12 }),
        fc.constantFrom(0.0002, 0.001, 0.01, 0.05),
        async (pairs, budget) => {
          const [on, off] = [duo(pairs, budget, true), duo(pairs, budget, false)];
          const [fast, full] = [await on.run(), await off.run()];
          expect(off.asked.length).toBe(pairs.length);
          expect(fast.score >= 0.5).toBe(full.score >= 0.5);
          if (full.score >= 0.5) expect(fast).toMatchObject({ raw: full.raw, score: full.score });
          const denied = (fields: typeof full.fields) =>
            fields.filter((f) => f.score >= 0.5).map((f) => [f.field.text, f.raw, f.span]);
          expect(denied(fast.fields)).toEqual(denied(full.fields));
          anomalous.on += Number(full.score >= 0.5);
          anomalous.saved += pairs.length - on.asked.length;
          anomalous.fields += pairs.length;
        },
      ),
      { seed: 21, numRuns: 1500 },
    );
    // The property says something only if both outcomes and both ways occurred.
    expect(anomalous.on).toBeGreaterThan(100);
    expect(anomalous.saved).toBeGreaterThan(anomalous.fields / 10);
    expect(anomalous.saved).toBeLessThan(anomalous.fields);
  });

  it('leave a field to the Transformer exactly when it could still go over the threshold', async () => {
    const { threshold } = duo([], 0.001, true);
    const rule = BOTH;
    const needed = 2 * threshold - rule.bound;
    const logits = Array.from({ length: 400 }, (_, i) => -9 + i / 20);
    const { run, asked, screened } = duo(
      logits.map((linear) => [-5, linear]),
      0.001,
      true,
    );
    await run();
    // The oddest first.
    const open = logits.flatMap((linear, i) => (rule.linearSurprise(linear) >= needed ? [i] : []));
    expect(asked).toEqual(open.reverse());
    expect(screened).toEqual([{ fields: 400, known: 0, open: asked.length }]);
  });

  it('leave fewer to the Transformer where the bundle says how high its logits reach, and decide the same', async () => {
    const highestLogit = 5;
    const told = new CombineRule({ ...views, transformer: { ...views.transformer, highestLogit } });
    const logit = (max: number) => fc.integer({ min: -1200, max: 100 * max }).map((hundredths) => hundredths / 100);
    const asked = { told: 0, untold: 0, denied: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(logit(highestLogit), logit(15)), { minLength: 1, maxLength: 12 }),
        fc.constantFrom(0.001, 0.01),
        async (pairs, budget) => {
          const [one, other] = [duo(pairs, budget, true, told), duo(pairs, budget, true)];
          const [fast, full] = [await one.run(), await other.run()];
          expect(fast.score >= 0.5).toBe(full.score >= 0.5);
          if (full.score >= 0.5) expect(fast.raw).toBe(full.raw);
          asked.told += one.asked.length;
          asked.untold += other.asked.length;
          asked.denied += Number(full.score >= 0.5);
        },
      ),
      { seed: 22, numRuns: 500 },
    );
    expect(asked.denied).toBeGreaterThan(50);
    expect(asked.told).toBeGreaterThan(0);
    expect(asked.told).toBeLessThan(0.9 * asked.untold);
  });

  it('show the span of the view that was surprised', async () => {
    const { run } = duo(
      [
        [6, 6],
        [-5, 6],
        [6, -8],
      ],
      0.001,
      true,
    );
    const spans = new Map((await run()).fields.map((f) => [f.field.text, f.span]));
    expect(spans.get('0')).toEqual([1, 2]);
    expect(spans.get('1')).toEqual([0, 1]);
    expect(spans.get('2')).toEqual([0, 1]);
  });

  it('refuse a budget whose threshold no field can reach', () => {
    expect(() => duo([], 1e-4, true)).not.toThrow();
    const flat = { ...views, surpriseBound: 4.2 };
    expect(
      () =>
        new Scorer({
          modelId: 'm-2',
          view: scene().view,
          second: {
            linear: { score: () => ({ logit: 0, start: 0, end: 0 }) },
            pieces: { units: 96, stride: 48 },
            rule: new CombineRule(flat),
            cascade: true,
          },
          calibration: combined,
          budget: 2e-4,
          spanOf: () => [0, 0],
        }),
    ).toThrow('expected one whose threshold lies below the bound of a surprise, 4.2');
  });
});

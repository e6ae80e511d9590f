import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../../../src/admin/metrics.js';
import type { CanonicalRequest } from '../../../src/canonicalize/canonical-request.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { loadConfig } from '../../../src/config.js';
import { Pipeline, type Rooms } from '../../../src/pipeline.js';
import { requestFromJson } from '../../../src/request/from-json.js';
import { CombineRule } from '../../../src/score/combine.js';
import type { MemoryView } from '../../../src/score/memory-view.js';
import type { Score } from '../../../src/score/score.js';
import { Scorer } from '../../../src/score/scorer.js';
import type { View } from '../../../src/score/view.js';
import { Tokenizer } from '../../../src/tokenize/tokenizer.js';
import { CALIBRATION as calibration, VIEWS } from './two-views.js';

const rule = new CombineRule({ ...VIEWS, surpriseBound: 4 });
const path = fileURLToPath(new URL('../../vectors/tokenizer.json', import.meta.url));
const tokenizer = Tokenizer.load(path, { tokens: 96, overlap: 24, prefixTokens: 16 });
const ROUND = 20;
const DEFAULT = loadConfig().score.maxWindows;

interface Setting {
  readonly maxWindows?: number;
  readonly cascade?: boolean;
  /** What memory adds to every surprise. */
  readonly shift?: number;
  readonly onLimit?: Rooms['onLimit'];
}

/**
 * Posts values as a JSON array. The linear view takes values with `odd` for much odder than anything to deny and those
 * with `payload` for a little less so, the Transformer only the latter for anything.
 */
async function post(values: string[], { maxWindows = DEFAULT, cascade = true, shift, onLimit }: Setting = {}) {
  const asked: string[] = [];
  const view: View = {
    name: 'given',
    score: async ({ fields, windows }) => ({
      windows: windows.map(({ ids, field }) => {
        const { text } = fields[field]!;
        asked.push(text);
        return { logit: text.includes('payload') ? 6 : -4, from: ids.length - 2, to: ids.length };
      }),
      cacheHits: 0,
    }),
  };
  const logitOf = (text: string): number => (text.includes('odd') ? 9 : text.includes('payload') ? 7 : -7);
  const memory = {
    options: { calibration },
    look: () => ({
      summary: { mature: false, requests: 1, known: 0, judged: 0, fresh: 0 },
      knows: () => false,
      adjust: (_: number, surprise: number) => surprise + shift!,
      describe: () => ({ kind: 'new' }),
    }),
  } as unknown as MemoryView;
  const scorer = new Scorer({
    modelId: 'm',
    view,
    second: {
      linear: { score: (text) => ({ logit: logitOf(text), start: 0, end: text.length }) },
      pieces: { units: 96, stride: 48 },
      rule,
      cascade,
      ...(shift !== undefined && { memory }),
    },
    calibration,
    budget: 0.002,
    topFields: 3,
    spanOf: (text, ordinal, from, to) => tokenizer.spanOf(text, ordinal, from, to),
  });
  const metrics = new Metrics({ version: '0' });
  let seen: { canonical: CanonicalRequest; score: Score | null } | undefined;
  const pipeline = new Pipeline({
    mode: 'enforce',
    limits: DEFAULT_LIMITS,
    onLimit,
    tokenizer,
    scorer,
    modelId: 'm',
    maxWindows,
    observe: (_, canonical, verdict, score) => {
      seen = { canonical, score };
      metrics.onVerdict(canonical, verdict);
    },
    onInternalError: (error) => {
      throw error;
    },
  });
  const body = JSON.stringify(values);
  const headers = { host: 'a.example', 'content-type': 'application/json' };
  const request = requestFromJson({ method: 'POST', path: '/import', headers, body }, '1');
  const verdict = await pipeline.inspect(request.view, new AbortController().signal);
  const { canonical, score } = seen!;
  return {
    verdict,
    asked,
    canonical,
    score: score!,
    metrics: (await metrics.render()).body,
    linearAlone: rule.linearSurprise(9),
    threshold: scorer.thresholdRaw,
  };
}

const odd = (count: number): string[] => Array.from({ length: count }, (_, i) => `odd value ${i}`);

describe('the window budget', () => {
  it.each([ROUND, ROUND + 1, 3 * ROUND, DEFAULT])('does not deny %i odd values by itself', async (count) => {
    const { verdict, asked, canonical, linearAlone, threshold } = await post(odd(count));
    expect(linearAlone).toBeGreaterThan(threshold);
    expect(asked.length).toBe(count);
    expect(verdict).toMatchObject({ action: 'allow', reason: 'normal' });
    expect(verdict.score).toBe((await post(odd(1))).verdict.score);
    expect(canonical.limits).toEqual([]);
  });

  it('does not let decoys hide a payload that is less odd than they', async () => {
    const alone = await post(['a payload']);
    expect(alone.verdict.action).toBe('deny');
    for (const decoys of [ROUND, 3 * ROUND, DEFAULT - 1]) {
      const { verdict, asked, canonical } = await post([...odd(decoys), 'a payload']);
      expect(verdict).toMatchObject({ action: 'deny', reason: 'anomaly', score: alone.verdict.score });
      expect(asked.length).toBe(decoys + 1);
      expect(canonical.limits).toEqual([]);
      const { field, span } = verdict.fields[0]!;
      expect(field.value).toBe('a payload');
      expect('a payload').toContain(field.text.slice(...span));
      expect(field.text.slice(...span)).not.toBe('');
    }
  });

  it('leaves the rest once a round has decided, and names what did', async () => {
    const { verdict, asked, score, canonical } = await post([...odd(100), 'the odd payload', ...odd(30)].reverse());
    expect(verdict).toMatchObject({ action: 'deny', reason: 'anomaly' });
    expect(asked.length).toBe(2 * ROUND);
    expect(asked.at(-1)).toContain('odd value');
    expect(score.windowCount).toBe(2 * ROUND);
    expect(verdict.fields[0]!.field.value).toBe('the odd payload');
    for (const { score } of verdict.fields.slice(1)) expect(score).toBeLessThan(0.5);
    expect(canonical.limits).toEqual([]);
  });

  it('judges everything where the cascade is off', async () => {
    const { verdict, asked, score } = await post(['the odd payload', ...odd(60), 'dull'], { cascade: false });
    expect(verdict.action).toBe('deny');
    expect(score.fieldCount).toBeGreaterThan(61);
    expect(asked.length).toBe(score.fieldCount);
    expect(score.surprises.every((surprise) => !Number.isNaN(surprise))).toBe(true);
  });

  it.each([undefined, 0.3, -0.3])('counts what it leaves out, which cannot decide; memory adds %s', async (shift) => {
    const values = odd(60);
    const { verdict, asked, canonical, score, metrics, threshold } = await post(values, { maxWindows: 45, shift });
    expect(asked.length).toBe(45);
    expect(verdict).toMatchObject({ action: 'allow', reason: 'normal' });
    expect(verdict.score).toBeLessThan(0.5);
    expect(verdict.score).toBeGreaterThan(0.45);
    expect(score.raw).toBeLessThan(threshold);
    expect(canonical.limits).toEqual(['windows']);
    expect(canonical.uninspected!.get('windows')).toBeGreaterThan(15 * 'odd value'.length);
    expect(metrics).toContain('normgate_limit_total{limit="windows"} 1');
    expect(metrics).toMatch(/normgate_uninspected_bytes_total\{reason="windows"\} [1-9]/);
  });

  it('denies what it leaves out where its policy says so', async () => {
    const { onLimit } = loadConfig({ flags: ['--onLimit.windows=deny'] });
    expect((await post(odd(45), { maxWindows: 45, onLimit })).verdict.reason).toBe('normal');
    expect((await post(odd(46), { maxWindows: 45, onLimit })).verdict).toMatchObject({
      action: 'deny',
      reason: 'limit',
    });
  });

  it('has room for eight rounds', () => {
    expect(DEFAULT).toBe(8 * ROUND);
  });
});

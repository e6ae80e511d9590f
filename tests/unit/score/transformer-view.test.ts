import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/score/batcher.js';
import { ScoreCache } from '../../../src/score/cache.js';
import { ScoreError } from '../../../src/score/score-error.js';
import { TransformerView } from '../../../src/score/transformer-view.js';
import type { Encoding } from '../../../src/tokenize/encoding.js';

const never = new AbortController().signal;
const score = (logit: number) => ({ logit, from: 1, to: 2 });

function encoding(...windows: number[][]): Encoding {
  return {
    fields: [],
    windows: windows.map((ids, ordinal) => ({ ids: Uint16Array.from(ids), field: 0, ordinal })),
    tokens: windows.flat().length,
    droppedUnits: 0,
  };
}

function setUp() {
  const jobs: Job[] = [];
  const lookups: object[] = [];
  const cache = new ScoreCache('m');
  const submit = (more: readonly Job[]): void => void jobs.push(...more);
  const view = new TransformerView({ cache, submit, onLookup: (lookup) => lookups.push(lookup) });
  return { jobs, lookups, cache, view };
}

describe('the Transformer view', () => {
  it('infers unknown windows once and remembers them', async () => {
    const { jobs, lookups, view } = setUp();
    const first = view.score(encoding([1, 5], [1, 6], [1, 5]), never);
    expect(jobs.map((job) => Array.from(job.ids))).toEqual([
      [1, 5],
      [1, 6],
    ]);
    jobs[1]!.resolve(score(6));
    jobs[0]!.resolve(score(5));
    expect(await first).toEqual({ windows: [score(5), score(6), score(5)], cacheHits: 0 });
    expect(await view.score(encoding([1, 6], [1, 5]), never)).toEqual({ windows: [score(6), score(5)], cacheHits: 2 });
    expect(jobs.length).toBe(2);
    expect(lookups).toEqual([
      { hits: 0, joined: 1, misses: 2 },
      { hits: 2, joined: 0, misses: 0 },
    ]);
  });

  it('lets requests share an inference, and the first one leave without harm', async () => {
    const { jobs, view } = setUp();
    const leaver = new AbortController();
    const first = view.score(encoding([1, 5]), leaver.signal);
    const second = view.score(encoding([1, 5]), never);
    expect(jobs.length).toBe(1);
    leaver.abort();
    await expect(first).rejects.toMatchObject({ reason: 'cancelled' });
    expect(jobs[0]!.isWanted()).toBe(true);
    jobs[0]!.resolve(score(5));
    expect((await second).windows).toEqual([score(5)]);
  });

  it('wants no inference that everybody has left, until someone comes back', async () => {
    const { jobs, view } = setUp();
    const leaver = new AbortController();
    const first = view.score(encoding([1, 5]), leaver.signal);
    leaver.abort(new DOMException('late', 'TimeoutError'));
    await expect(first).rejects.toMatchObject({ reason: 'deadline' });
    expect(jobs[0]!.isWanted()).toBe(false);
    const back = view.score(encoding([1, 5]), never);
    expect(jobs.length).toBe(1);
    expect(jobs[0]!.isWanted()).toBe(true);
    jobs[0]!.resolve(score(5));
    expect((await back).windows).toEqual([score(5)]);
  });

  it('asks again for a window whose inference was dropped', async () => {
    const { jobs, view } = setUp();
    const leaver = new AbortController();
    const first = view.score(encoding([1, 5]), leaver.signal);
    leaver.abort();
    await expect(first).rejects.toBeInstanceOf(ScoreError);
    jobs[0]!.drop();
    const again = view.score(encoding([1, 5]), never);
    expect(jobs.length).toBe(2);
    jobs[1]!.resolve(score(5));
    expect((await again).windows).toEqual([score(5)]);
  });

  it('fails everyone who waits when the inference fails, remembers nothing, and tries again for the next', async () => {
    const { jobs, view, cache } = setUp();
    const both = [view.score(encoding([1, 5]), never), view.score(encoding([1, 6], [1, 5]), never)];
    jobs[0]!.reject(new ScoreError('backend_failed', 'broken'));
    for (const request of both) await expect(request).rejects.toMatchObject({ reason: 'backend_failed' });
    jobs[1]!.resolve(score(6));
    expect(cache.size).toBe(1);
    void view.score(encoding([1, 5]), never);
    expect(jobs.length).toBe(3);
  });

  it('passes on that the queue is full, and leaves nothing behind', async () => {
    const refuse = (): void => {
      throw new ScoreError('overloaded', 'full');
    };
    const jobs: Job[] = [];
    let full = true;
    const submit = (more: readonly Job[]): void => (full ? refuse() : void jobs.push(...more));
    const view = new TransformerView({ cache: new ScoreCache('m'), submit });
    await expect(view.score(encoding([1, 5]), never)).rejects.toMatchObject({ reason: 'overloaded' });
    full = false;
    const later = view.score(encoding([1, 5]), never);
    jobs[0]!.resolve(score(5));
    expect((await later).windows).toEqual([score(5)]);
  });

  it('does not begin for a caller who has already left', async () => {
    const { jobs, view } = setUp();
    await expect(view.score(encoding([1, 5]), AbortSignal.abort())).rejects.toMatchObject({ reason: 'cancelled' });
    expect(jobs.length).toBe(0);
  });
});

describe('the score cache', () => {
  it('is bounded, and keeps what is asked for again', () => {
    const cache = new ScoreCache('m', 100);
    cache.set('kept', score(1));
    for (let i = 0; i < 1000; i++) {
      cache.set(`other ${i}`, score(2));
      expect(cache.get('kept')).toEqual(score(1));
      expect(cache.size).toBeLessThanOrEqual(100);
    }
    expect(cache.get('other 999')).toEqual(score(2));
    expect(cache.get('other 1')).toBeUndefined();
  });

  it('tells token sequences apart that only look alike', () => {
    const sequences = [[], [0], [0, 0], [1, 0x2c, 2], [0xd800], [0xd800, 0xdc00], [0x1234, 0x5678], [0x5678, 0x1234]];
    expect(new Set(sequences.map((ids) => ScoreCache.keyOf(Uint16Array.from(ids)))).size).toBe(sequences.length);
  });

  it.each([0, 1, 2.5, Number.NaN])('refuses %s entries', (bad) => {
    expect(() => new ScoreCache('m', bad)).toThrow('expected an integer from 2 up');
  });
});

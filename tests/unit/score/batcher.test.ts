import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Batcher, type BatcherOptions, type BatchInfo, type Job } from '../../../src/score/batcher.js';
import type { WindowScore } from '../../../src/score/score.js';
import { ScoreError } from '../../../src/score/score-error.js';

/** A backend that answers when told to; a window's logit is its first id. */
class FakeBackend {
  readonly calls: { windows: Uint16Array[]; answer: () => void; fail: (error: unknown) => void }[] = [];

  readonly infer = (windows: readonly Uint16Array[]): Promise<WindowScore[]> =>
    new Promise((resolve, reject) => {
      const scores = windows.map((ids) => ({ logit: ids[0]!, from: 0, to: 1 }));
      this.calls.push({ windows: [...windows], answer: () => resolve(scores), fail: reject });
    });

  names(call: number): number[] {
    return this.calls[call]!.windows.map((ids) => ids[0]!);
  }
}

interface Tracked extends Job {
  outcome: 'waiting' | 'dropped' | WindowScore | ScoreError;
  wanted: boolean;
}

function job(name: number, length: number): Tracked {
  const ids = new Uint16Array(length);
  ids[0] = name;
  return {
    ids,
    outcome: 'waiting',
    wanted: true,
    isWanted() {
      return this.wanted;
    },
    resolve(score) {
      this.outcome = score;
    },
    reject(error) {
      this.outcome = error;
    },
    drop() {
      this.outcome = 'dropped';
    },
  };
}

function setUp(options: Partial<BatcherOptions> = {}): { backend: FakeBackend; batcher: Batcher } {
  const backend = new FakeBackend();
  return { backend, batcher: new Batcher({ infer: backend.infer, concurrency: 1, ...options }) };
}

describe('the batcher', () => {
  it('waits one turn of the event loop beside an idle backend, and batches what arrived in it', async () => {
    const { backend, batcher } = setUp();
    const jobs = [job(1, 4), job(2, 6)];
    batcher.submit([jobs[0]!]);
    batcher.submit([jobs[1]!]);
    expect(backend.calls.length).toBe(0);
    await turn();
    expect(backend.names(0)).toEqual([1, 2]);
    backend.calls[0]!.answer();
    await turn();
    expect(jobs.map((j) => j.outcome)).toEqual([
      { logit: 1, from: 0, to: 1 },
      { logit: 2, from: 0, to: 1 },
    ]);
  });

  it('closes a batch on its token budget and sends the next as soon as the backend is free', async () => {
    const { backend, batcher } = setUp({ maxBatchTokens: 100 });
    batcher.submit([40, 40, 20, 1, 96].map((length, i) => job(i, length)));
    await turn();
    expect(backend.names(0)).toEqual([0, 1, 2]);
    await turn();
    expect(backend.calls.length).toBe(1);
    backend.calls[0]!.answer();
    await turn();
    expect(backend.names(1)).toEqual([3, 4]);
  });

  it('sends a window longer than the budget alone', async () => {
    const { backend, batcher } = setUp({ maxBatchTokens: 10 });
    batcher.submit([job(1, 96), job(2, 4)]);
    await turn();
    expect(backend.names(0)).toEqual([1]);
  });

  it('gives free workers equal shares', async () => {
    const { backend, batcher } = setUp({ concurrency: 2 });
    batcher.submit(Array.from({ length: 20 }, (_, i) => job(i, 20)));
    await turn();
    expect(backend.calls.map((call) => call.windows.length)).toEqual([10, 10]);
  });

  it('takes turns between requests', async () => {
    const { backend, batcher } = setUp({ maxBatchTokens: 40 });
    batcher.submit(Array.from({ length: 30 }, (_, i) => job(100 + i, 10)));
    await turn();
    batcher.submit([job(1, 10)]);
    batcher.submit([job(2, 10), job(3, 10)]);
    backend.calls[0]!.answer();
    await turn();
    expect(backend.names(1)).toEqual([104, 1, 2, 105]);
  });

  it('refuses a whole request as overloaded when its windows do not fit, and takes it later', async () => {
    const { backend, batcher } = setUp({ maxQueuedTokens: 100 });
    batcher.submit([job(1, 90)]);
    const late = [job(2, 5), job(3, 6)];
    const refusal = (): void => batcher.submit(late);
    expect(refusal).toThrow(ScoreError);
    expect(refusal).toThrow('11 tokens do not fit: 90 of 100 wait');
    expect(late.map((j) => j.outcome)).toEqual(['waiting', 'waiting']);
    expect(batcher.queuedTokens).toBe(90);
    await turn();
    batcher.submit(late);
    backend.calls[0]!.answer();
    await turn();
    expect(backend.names(1)).toEqual([2, 3]);
  });

  it('takes a request of any size where nothing waits', async () => {
    const { backend, batcher } = setUp({ maxQueuedTokens: 100 });
    batcher.submit([job(1, 90), job(2, 90)]);
    expect(() => batcher.submit([job(3, 5)])).toThrow('5 tokens do not fit: 180 of 100 wait');
    await turn();
    expect(backend.calls.length).toBeGreaterThan(0);
  });

  it('drops dead callers when their turn comes', async () => {
    const { backend, batcher } = setUp();
    batcher.submit([job(1, 10)]);
    await turn();
    const dead = job(2, 10);
    const alive = job(3, 10);
    batcher.submit([dead, alive]);
    dead.wanted = false;
    backend.calls[0]!.answer();
    await turn();
    expect(backend.names(1)).toEqual([3]);
    expect(dead.outcome).toBe('dropped');
    expect(batcher.queuedTokens).toBe(0);
  });

  it('makes room from dead callers before it refuses', () => {
    const { batcher } = setUp({ maxQueuedTokens: 100 });
    const dead = job(1, 90);
    batcher.submit([dead, job(4, 10)]);
    dead.wanted = false;
    batcher.submit([job(2, 50)]);
    expect(dead.outcome).toBe('dropped');
    expect(batcher.queuedTokens).toBe(60);
  });

  it('never calls the backend for dead callers alone', async () => {
    const { backend, batcher } = setUp();
    const dead = job(1, 10);
    dead.wanted = false;
    batcher.submit([dead]);
    await turn();
    expect(backend.calls.length).toBe(0);
    expect(dead.outcome).toBe('dropped');
  });

  it('fails only the batch that failed', async () => {
    const { backend, batcher } = setUp();
    const [first, second] = [job(1, 10), job(2, 10)];
    batcher.submit([first]);
    await turn();
    batcher.submit([second]);
    backend.calls[0]!.fail(new Error('out of memory'));
    await turn();
    expect((first.outcome as ScoreError).reason).toBe('backend_failed');
    backend.calls[1]!.answer();
    await turn();
    expect(second.outcome).toEqual({ logit: 2, from: 0, to: 1 });
  });

  it('turns a logit that is no number into a failure of that window', async () => {
    const scores = [Number.NaN, 1].map((logit) => ({ logit, from: 0, to: 1 }));
    const batcher = new Batcher({ infer: async () => scores, concurrency: 1 });
    const jobs = [job(1, 5), job(2, 5)];
    batcher.submit(jobs);
    await turn();
    await turn();
    expect((jobs[0]!.outcome as ScoreError).reason).toBe('backend_failed');
    expect(jobs[1]!.outcome).toEqual(scores[1]);
  });

  it('reports batches and the depth of the queue', async () => {
    const batches: BatchInfo[] = [];
    const depths: number[] = [];
    const { batcher } = setUp({ onBatch: (b) => batches.push(b), onQueueDepth: (d) => depths.push(d) });
    batcher.submit([job(1, 10), job(2, 5)]);
    await turn();
    expect(batches).toEqual([{ windows: 2, tokens: 15, waitMs: expect.any(Number) }]);
    expect(depths).toEqual([15, 0]);
  });

  it('fails what waits when it is closed, and takes nothing more', async () => {
    const { batcher } = setUp();
    const waiting = job(1, 10);
    batcher.submit([waiting]);
    batcher.close();
    expect((waiting.outcome as ScoreError).reason).toBe('backend_failed');
    expect(() => batcher.submit([job(2, 1)])).toThrow('closed');
    await turn();
    expect(batcher.queuedTokens).toBe(0);
  });

  it.each([{ concurrency: 0 }, { maxBatchTokens: 1.5 }, { maxQueuedTokens: Number.NaN }])('refuses %o', (bad) => {
    expect(() => setUp(bad)).toThrow(/expected an integer from 1 up, got/);
  });
});

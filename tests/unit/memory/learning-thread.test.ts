import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LearnedMemory } from '../../../src/memory/learned-memory.js';
import { LearningThread, type LearningThreadOptions } from '../../../src/memory/learning-thread.js';
import { DEFAULT_MEMORY_LIMITS } from '../../../src/memory/memory-limits.js';
import { readSnapshot, STAGING } from '../../../src/memory/snapshot-folder.js';
import { HOUR, query } from './support.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'staging-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function open(options: Partial<LearningThreadOptions> = {}) {
  const outcomes: Record<string, number> = {};
  const errors: string[] = [];
  const evicted = { hosts: 0, fields: 0, values: 0 };
  const thread = new LearningThread({
    dir,
    modelId: 'tiny',
    quorum: { clients: 2, windows: 1 },
    windowMs: HOUR,
    clientHeader: null,
    saveMs: 60_000,
    maxWaiting: 2000,
    thresholdRaw: 3,
    limits: DEFAULT_MEMORY_LIMITS,
    redactNames: ['nickname'],
    onOutcome: (outcome, count) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    },
    onEvicted: (one) => {
      evicted.values += one.values;
    },
    onError: (error) => errors.push(error.message),
    onFresh: () => {},
    ...options,
  });
  const send = (client: string, text: string, surprise: number | null = 0.1, truncated = false): void => {
    const headers = [['x-forwarded-for', `${client}, 203.0.113.${client.length}`]];
    const view = { host: 'shop.test', client, time: 5 * HOUR, headers };
    const score = surprise === null ? null : { surprises: Float64Array.of(surprise) };
    thread.see(view as never, { fields: [{ text }], truncated } as never, score as never);
  };
  return { thread, send, outcomes, errors, evicted };
}

describe('the learning thread', () => {
  it('learns what it is sent, tells outcomes and progress, and leaves a redacted snapshot', async () => {
    const { thread, send, outcomes, errors } = open();
    for (let k = 0; k < 6; k++) send(`10.0.0.${k % 3}`, query('nickname', 'Ludwig'));
    send('10.0.0.1', query('q', 'not scored'), null);
    send('10.0.0.1', query('q', 'seen in part'), 0.1, true);
    const report = (await thread.report()) as { hosts: Record<string, { requestsLearned: number }> };
    expect(report.hosts['shop.test']!.requestsLearned).toBe(7);
    await thread.close();
    expect(outcomes).toEqual({ learned: 7, not_scored: 1 });
    expect(errors).toEqual([]);
    const { store } = readSnapshot(dir, STAGING, 'tiny');
    expect(new LearnedMemory(store).open('shop.test', [])!.knows(query('nickname', 'Ludwig'))).toBe(true);
    expect(store.samples.flat()).toHaveLength(2);
    expect(JSON.stringify(store.samples)).not.toContain('Ludwig');
  });

  it('takes the client from the last element of a header where told to', async () => {
    const { thread, send } = open({ clientHeader: 'x-forwarded-for' });
    for (const client of ['10.0.0.1', '10.0.0.2']) send(client, query('q', 'a'));
    await thread.close();
    // Both came through the same proxy, which wrote the last element: one client.
    expect(new LearnedMemory(readSnapshot(dir, STAGING, 'tiny').store).open('shop.test', [])).toBeUndefined();
  });

  it('leaves out and counts what would have to wait behind too much else', async () => {
    const { thread, send, outcomes } = open({ maxWaiting: 10 });
    // The thread has not even started when the last of these is sent.
    for (let k = 0; k < 50; k++) send('10.0.0.1', query('q', `v${k}`));
    expect(outcomes).toEqual({ not_kept_up: 40 });
    await thread.report();
    send('10.0.0.1', query('q', 'later'));
    await thread.close();
    expect(outcomes).toEqual({ not_kept_up: 40, learned: 11 });
  });

  it('tells what had to go to stay within its limits', async () => {
    const { thread, send, evicted } = open({ limits: { ...DEFAULT_MEMORY_LIMITS, maxValues: 100 } });
    for (let k = 0; k < 600; k++) send('10.0.0.1', query('q', `v${k}`));
    await thread.close();
    expect(evicted.values).toBeGreaterThan(400);
    expect(readSnapshot(dir, STAGING, 'tiny').store.values.size).toBeLessThanOrEqual(100);
  });

  it('says when it ended by itself, and counts what comes while it is down', async () => {
    const { thread, send, outcomes, errors } = open({
      entry: new URL('data:text/javascript,throw new Error("no such luck")'),
    });
    const report = thread.report();
    expect(await report).toEqual({ down: true });
    expect(errors).toEqual(['no such luck']);
    send('10.0.0.1', query('q', 'a'));
    expect(await thread.report()).toEqual({ down: true });
    expect(outcomes).toEqual({ not_kept_up: 1 });
    await thread.close();
  });
});

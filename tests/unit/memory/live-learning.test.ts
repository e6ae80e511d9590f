import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CANONICALIZER_VERSION } from '../../../src/canonicalize/canonical-request.js';
import { LearnedMemory } from '../../../src/memory/learned-memory.js';
import type { LessonOutcome } from '../../../src/memory/learner.js';
import { LiveLearning, type LiveLearningOptions } from '../../../src/memory/live-learning.js';
import { DEFAULT_MEMORY_LIMITS } from '../../../src/memory/memory-limits.js';
import { MemoryStore } from '../../../src/memory/memory-store.js';
import { only } from '../../../src/memory/pour.js';
import { readSnapshot, STAGING, writeSnapshot } from '../../../src/memory/snapshot-folder.js';
import { HOUR, newStore, query } from './support.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'staging-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function open(options: Partial<LiveLearningOptions> = {}) {
  const fresh: string[] = [];
  const errors: string[] = [];
  let changes = 0;
  const learning = new LiveLearning({
    dir,
    modelId: 'tiny',
    quorum: { clients: 2, windows: 1 },
    windowMs: HOUR,
    saveMs: 60_000,
    thresholdRaw: 3,
    limits: DEFAULT_MEMORY_LIMITS,
    redact: (text) => text.replace(/secret/g, 'xxxxxx'),
    onFresh: (reason) => fresh.push(reason),
    onError: (error) => errors.push(error.message),
    onChanged: () => changes++,
    ...options,
  });
  const send = (client: string, text: string, surprise: number | null = 0.1, whole = true): LessonOutcome => {
    const surprises = surprise === null ? null : Float64Array.of(surprise);
    return learning.take({ host: 'shop.test', client, time: 5 * HOUR, texts: [text], surprises, whole });
  };
  return { learning, send, fresh, errors, changes: () => changes };
}

describe('live learning', () => {
  it('fills a staging snapshot that outlives the process, and says how far it is', () => {
    const first = open();
    first.send('10.0.0.1', query('q', 'my secret'));
    first.send('10.0.0.2', query('q', 'my secret'));
    first.send('10.0.0.3', query('q', 'my secret'));
    first.learning.close();
    const second = open();
    second.send('10.0.0.4', query('q', 'my secret'));
    second.send('10.0.0.5', query('n', 'new'));
    expect(second.learning.report()).toEqual({
      since: new Date(5 * HOUR).toISOString(),
      hosts: {
        'shop.test': {
          since: new Date(5 * HOUR).toISOString(),
          requestsLearned: 5,
          fieldsKnown: 1,
          fieldsSeen: 2,
          recentRequests: 2,
          shareFullyKnown: 0.5,
          newValuesPerThousand: 500,
        },
      },
    });
    second.learning.close();
    const { store } = readSnapshot(dir, STAGING, 'tiny');
    expect(new LearnedMemory(store).open('shop.test', [])!.knows(query('q', 'my secret'))).toBe(true);
    expect(JSON.stringify(store.samples)).toContain('my xxxxxx');
    expect(JSON.stringify(store.samples)).not.toContain('secret');
  });

  it.each([
    [{ clients: 1, windows: 1 }, ['flagged', 'flagged', 'flagged', 'not_scored']],
    [{ clients: 2, windows: 1 }, ['learned', 'learned', 'client_misbehaves', 'learned']],
  ])(
    'under %o learns from what the base model flags: %j, of what it saw in part, and nothing that it cannot score',
    (quorum, flagged) => {
      const { learning, send } = open({ quorum });
      expect([
        send('10.0.0.1', query('q', 'a'), 5),
        send('10.0.0.1', query('q', 'b'), null),
        send('10.0.0.1', query('q', 'd'), 5),
        send('10.0.0.1', query('q', 'e'), 5),
        send('10.0.0.1', query('q', 'f')),
        send('10.0.0.2', query('q', 'g')),
        send('10.0.0.2', query('q', 'h'), 0.1, false),
      ]).toEqual([flagged[0], 'not_scored', flagged[1], flagged[2], 'client_misbehaves', 'learned', flagged[3]]);
      learning.close();
    },
  );

  it('begins anew, and says so, where staging was learned otherwise or is damaged', () => {
    const first = open();
    first.send('10.0.0.1', query('q', 'a'));
    first.learning.close();
    const second = open({ quorum: { clients: 3, windows: 1 } });
    expect(second.fresh).toEqual([
      expect.stringMatching(/^staging.bin was learned with another quorum .* staging.bin.old/),
    ]);
    second.learning.close();
  });

  it('says of a staging snapshot of another model where it is and what moves it', () => {
    const first = open();
    first.send('10.0.0.1', query('q', 'a'));
    first.learning.close();
    const second = open({ modelId: 'next' });
    expect(second.fresh).toEqual([
      expect.stringMatching(/run: normgate memory rescore .* --staging\), got tiny; kept as staging.bin.old/),
    ]);
    second.learning.close();
    expect(existsSync(join(dir, `${STAGING}.old`))).toBe(true);
  });

  it('does not bring back what a command made staging forget', () => {
    const first = open();
    first.send('10.0.0.1', query('q', 'a'));
    first.learning.close();
    const second = open();
    second.send('10.0.0.2', query('q', 'b'));
    const { store } = readSnapshot(dir, STAGING);
    writeSnapshot(dir, STAGING, only(store, { host: () => false }));
    second.learning.close();
    expect(second.changes()).toBe(1);
    expect(readSnapshot(dir, STAGING).store.hosts).toEqual([]);
    // What comes later is learned as ever.
    const third = open();
    third.send('10.0.0.3', query('q', 'c'));
    third.learning.close();
    expect(third.changes()).toBe(0);
    expect(readSnapshot(dir, STAGING).store.values.size).toBe(1);
  });

  it('does not write over what it cannot take up', () => {
    const first = open();
    first.send('10.0.0.1', query('q', 'a'));
    const other = new MemoryStore({
      ...newStore().identity,
      canonicalizerVersion: CANONICALIZER_VERSION,
      modelId: 'next',
    });
    writeSnapshot(dir, STAGING, other);
    first.learning.close();
    expect(first.errors).toEqual([expect.stringMatching(/modelId: expected tiny .* got next/)]);
    expect(readSnapshot(dir, STAGING).store.identity.modelId).toBe('next');
  });
});

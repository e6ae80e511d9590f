import type { LearnOptions } from '../../../src/memory/learn-request.js';
import { learnRequest } from '../../../src/memory/learn-request.js';
import { MemoryStore } from '../../../src/memory/memory-store.js';
import type { Quorum } from '../../../src/memory/quorum.js';

export const HOUR = 3_600_000;
export const OPTIONS: LearnOptions = { redact: (text) => text, maxSampleUnits: 1_000_000 };

export function newStore(quorum: Quorum = { clients: 1, windows: 1 }): MemoryStore {
  return new MemoryStore({
    canonicalizerVersion: 7,
    modelId: 'tiny',
    quorum,
    windowMs: HOUR,
    key: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
  });
}

export function learn(
  store: MemoryStore,
  texts: readonly string[],
  { client = '10.0.0.1', window = 0, surprise = 0, host = 'shop.test' } = {},
): void {
  const fields = texts.map((text) => ({ text }));
  learnRequest(store, { host, client, time: window * HOUR, fields, surprises: texts.map(() => surprise) }, OPTIONS);
}

/** A query field. */
export const query = (name: string, value: string): string => `\ue005${name}\ue00b${value}`;

import type { MemoryLimits } from './memory-limits.js';
import type { MemoryStore } from './memory-store.js';
import { only } from './pour.js';
import { hostReaches, reaches } from './quorum.js';

/** What had to go. */
export interface Evicted {
  readonly hosts: number;
  readonly fields: number;
  readonly values: number;
}

/** Share that goes at once, since each time everything is copied. */
const SHARE = 1 / 8;

/**
 * A store within its limits: the same one where it is, a smaller copy where it is not. What no quorum has seen goes first,
 * of that what was seen least, so that names and values that somebody invents push out each other and nothing that counts.
 */
export function makeRoom(store: MemoryStore, limits: MemoryLimits): { store: MemoryStore; evicted: Evicted } | null {
  const { values, fields } = store.columns;
  const { quorum } = store.identity;
  const full =
    store.hosts.length > limits.maxHosts ||
    store.fields.size > limits.maxFields ||
    store.values.size > limits.maxValues;
  if (!full) return null;
  const hosts = survivors(store.hosts.length, limits.maxHosts, (i) => {
    const host = store.hosts[i]!;
    return usefulness(hostReaches(quorum, host), host.requests);
  });
  const ofFields = (i: number): number => usefulness(reaches(quorum, fields, i), fields.observations[i]!);
  const keptFields = survivors(store.fields.size, limits.maxFields, ofFields);
  const keptValues = survivors(store.values.size, limits.maxValues, (i) =>
    usefulness(reaches(quorum, values, i), values.count[i]!),
  );
  const smaller = only(store, {
    host: (i) => hosts === null || hosts[i] === 1,
    field: (i) => keptFields === null || keptFields[i] === 1,
    value: (i) => keptValues === null || keptValues[i] === 1,
  });
  const evicted = {
    hosts: store.hosts.length - smaller.hosts.length,
    fields: store.fields.size - smaller.fields.size,
    values: store.values.size - smaller.values.size,
  };
  return { store: smaller, evicted };
}

const REACHED = 2 ** 33;
const usefulness = (reached: boolean, count: number): number => (reached ? REACHED : 0) + count;

/** Marks the most useful, at most 7/8 of the limit; null where all may stay. */
function survivors(size: number, limit: number, useful: (i: number) => number): Uint8Array | null {
  if (size <= limit) return null;
  const ranks = Float64Array.from({ length: size }, (_, i) => useful(i));
  const places = Math.max(1, Math.floor(limit * (1 - SHARE)));
  const bar = Float64Array.from(ranks).sort()[size - places]!;
  const kept = new Uint8Array(size);
  let left = places;
  for (let i = 0; i < size; i++) {
    if (ranks[i]! > bar) {
      kept[i] = 1;
      left--;
    }
  }
  for (let i = 0; i < size && left > 0; i++) {
    if (ranks[i] === bar) {
      kept[i] = 1;
      left--;
    }
  }
  return kept;
}

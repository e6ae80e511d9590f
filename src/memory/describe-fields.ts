import { showMarkers } from '../canonicalize/markers.js';
import { LearnedMemory } from './learned-memory.js';
import type { MemoryStore } from './memory-store.js';
import { bitCount, estimateClients, reaches } from './quorum.js';
import { showSymbols, valueStart } from './sequence.js';

/** One field for people; attacker text in it is not made printable yet. */
export interface DescribedField {
  readonly host: string;
  /** `[QUERY]q`, with `[VALUE]/route` behind it where it is one route's. */
  readonly field: string;
  /** Whether the quorum has seen it. */
  readonly known: boolean;
  readonly observations: number;
  readonly clients: number;
  readonly windows: number;
  readonly values: number;
  readonly knownValues: number;
  readonly ceiling: number;
  readonly longest: number;
  readonly symbols: readonly string[];
  readonly samples: readonly string[];
}

/** Every field of a store, or of one host of it. */
export function* describeFields(store: MemoryStore, host?: string): Generator<DescribedField> {
  const learned = new LearnedMemory(store);
  const { fields, values } = store.columns;
  const { quorum } = store.identity;
  const known = new Uint32Array(store.fields.size);
  for (let value = 0; value < store.values.size; value++) {
    if (reaches(quorum, values.clients[value]!, values.windows[value]!)) known[values.field[value]!]!++;
  }
  for (let field = 0; field < store.fields.size; field++) {
    const { name } = store.hosts[fields.host[field]!]!;
    if (host !== undefined && name !== host) continue;
    const counts = learned.field(field);
    yield {
      host: name,
      field: showMarkers(store.names[field]!),
      known: counts !== null,
      observations: fields.observations[field]!,
      clients: estimateClients(fields.clients[field]!),
      windows: bitCount(fields.windows[field]!),
      values: fields.values[fields.anywhere[field]!]!,
      knownValues: known[fields.anywhere[field]!]!,
      ceiling: Math.round((counts?.ceiling ?? 0) * 1000) / 1000,
      longest: counts?.longest ?? 0,
      symbols: counts === null ? [] : showSymbols(counts.symbols),
      samples: (store.samples[field] ?? []).map(({ text }) => showMarkers(text.slice(valueStart(text)))),
    };
  }
}

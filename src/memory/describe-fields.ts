import { showMarkers } from '../canonicalize/markers.js';
import { knownSamples, LearnedMemory } from './learned-memory.js';
import type { MemoryStore } from './memory-store.js';
import { bitCount, estimateClients } from './quorum.js';
import { showSymbols, valueStart } from './sequence.js';
import { CLIENTS_COUNTED, countedClients } from './shares.js';

/** One field for people; attacker text in it is not made printable yet. */
export interface DescribedField {
  readonly host: string;
  /** `[QUERY]q`, with `[VALUE]/route` behind it where it is one route's. */
  readonly field: string;
  /** Whether the quorum has seen it. */
  readonly known: boolean;
  readonly observations: number;
  /** Exact up to 31, then an estimate that ends at 133. */
  readonly clients: number;
  readonly windows: number;
  readonly values: number;
  readonly knownValues: number;
  readonly ceiling: number;
  readonly longest: number;
  readonly symbols: readonly string[];
  /** Known values, redacted. */
  readonly samples: readonly string[];
}

/** Every field of a store, or of one host of it. */
export function* describeFields(store: MemoryStore, host?: string): Generator<DescribedField> {
  const learned = new LearnedMemory(store);
  const { fields } = store.columns;
  for (let field = 0; field < store.fields.size; field++) {
    const { name } = store.hosts[fields.host[field]!]!;
    if (host !== undefined && name !== host) continue;
    const counts = learned.field(field);
    yield {
      host: name,
      field: showMarkers(store.names[field]!),
      known: counts !== null,
      observations: fields.observations[field]!,
      clients: clientsOf(store, field),
      windows: bitCount(fields.windows[field]!),
      values: fields.values[fields.anywhere[field]!]!,
      knownValues: fields.knownValues[fields.anywhere[field]!]!,
      ceiling: Math.round((counts?.ceiling ?? 0) * 1000) / 1000,
      longest: counts?.longest ?? 0,
      symbols: counts === null ? [] : showSymbols(counts.symbols),
      samples: knownSamples(store, field).map(({ text }) => showMarkers(text.slice(valueStart(text)))),
    };
  }
}

function clientsOf(store: MemoryStore, field: number): number {
  const counted = countedClients(store, field);
  return counted < CLIENTS_COUNTED ? counted : Math.max(counted, estimateClients(store.columns.fields.clients[field]!));
}

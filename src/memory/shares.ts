import type { MemoryStore } from './memory-store.js';
import { reaches } from './quorum.js';

/**
 * What each client has in the counts of a field. A count that anybody can raise alone would let one client teach, so
 * observations count up to a bound for each client, and values below the quorum are kept apart by who brought them.
 */

/** Clients of a field that are told apart. A further one shares the place of another: the two then count for less, never for more. */
export const CLIENTS_COUNTED = 32;

/** Of a field, observations that count for each client: who polls says nothing new. */
const OBSERVATIONS_PER_CLIENT = 16;
const MOST_BROUGHT = 0xffff;

/** Adds observations of a field by one client. */
export function countObservations(store: MemoryStore, field: number, mark: number, observations = 1): void {
  const { shareSeen } = store.columns.fields;
  const at = placeOf(store, field, mark);
  shareSeen[at] = Math.min(OBSERVATIONS_PER_CLIENT, shareSeen[at]! + observations);
}

/** Changes who has shown a value, and with it what its field counts: the value itself, or one more of who brought it. */
export function recountValue(store: MemoryStore, value: number, change: () => void): void {
  credit(store, value, -1);
  change();
  credit(store, value, 1);
}

/** Observations that count. A quorum of one client trusts everybody. */
export function countedObservations(store: MemoryStore, field: number): number {
  const { observations, shareSeen } = store.columns.fields;
  if (store.identity.quorum.clients === 1) return observations[field]!;
  let counted = 0;
  for (let at = field * CLIENTS_COUNTED; at < (field + 1) * CLIENTS_COUNTED; at++) counted += shareSeen[at]!;
  return counted;
}

/**
 * Values that count: those that reached the quorum, and of the others all but what the clients with the most of them
 * brought, one client fewer than the quorum. In free text every value is one client's, so counting only known ones would
 * make the richest fields the poorest; and fewer clients than the quorum never get more counted than what others showed.
 */
export function countedValues(store: MemoryStore, field: number): number {
  const { values, knownValues, shareBrought } = store.columns.fields;
  const { clients } = store.identity.quorum;
  if (clients === 1 || values[field] === 0) return values[field]!;
  const brought: number[] = [];
  for (let at = field * CLIENTS_COUNTED; at < (field + 1) * CLIENTS_COUNTED; at++)
    if (shareBrought[at] !== 0) brought.push(shareBrought[at]!);
  brought.sort((a, b) => b - a);
  let counted = knownValues[field]!;
  for (let i = clients - 1; i < brought.length; i++) counted += brought[i]!;
  // As many clients as the quorum asks for have shown the field, and so one of those that count something.
  return Math.max(1, counted);
}

/** Clients that have shown a field, as long as each has a place of its own; then `CLIENTS_COUNTED`. */
export function countedClients(store: MemoryStore, field: number): number {
  const places = store.columns.fields.share.subarray(field * CLIENTS_COUNTED, (field + 1) * CLIENTS_COUNTED);
  return places.reduce((count, mark) => count + (mark === 0 ? 0 : 1), 0);
}

function credit(store: MemoryStore, value: number, by: 1 | -1): void {
  const { values, fields } = store.columns;
  const { quorum } = store.identity;
  const first = values.shownBy[value * quorum.clients]!;
  if (first === 0) return;
  const field = values.field[value]!;
  if (reaches(quorum, values, value)) {
    fields.knownValues[field]! += by;
    return;
  }
  const at = placeOf(store, field, first);
  fields.shareBrought[at] = Math.min(MOST_BROUGHT, Math.max(0, fields.shareBrought[at]! + by));
}

/** Where a client's counts are: a place of its own as long as there is one, and the same one ever after. */
function placeOf(store: MemoryStore, field: number, mark: number): number {
  const { share } = store.columns.fields;
  const home = mark % CLIENTS_COUNTED;
  for (let step = 0; step < CLIENTS_COUNTED; step++) {
    const at = field * CLIENTS_COUNTED + ((home + step) % CLIENTS_COUNTED);
    if (share[at] === 0) share[at] = mark;
    if (share[at] === mark) return at;
  }
  return field * CLIENTS_COUNTED + home;
}

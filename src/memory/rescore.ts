import { raise } from './learn-request.js';
import { MemoryStore } from './memory-store.js';
import { pour } from './pour.js';
import { reaches } from './quorum.js';

/**
 * The same memory for another model: ceilings from the samples, which are redacted and few, so they come out lower or
 * equal, never higher than the values themselves would give but by redaction. A field on a route takes those of its host.
 * Samples do not tell their windows, so these ceilings rest on clients alone.
 *
 * @param surpriseOf combined surprise of each text by the new model; NaN where it could not be scored.
 */
export async function rescore(
  source: MemoryStore,
  modelId: string,
  surpriseOf: (texts: readonly string[]) => Promise<ArrayLike<number>>,
): Promise<MemoryStore> {
  const target = new MemoryStore({ ...source.identity, modelId });
  pour(Object.assign(Object.create(source), { identity: target.identity }) as MemoryStore, target);
  const { fields } = target.columns;
  fields.oddClient.fill(0);
  fields.oddMost.fill(0);
  fields.oddWindow.forEach((_, at) => {
    fields.oddWindow[at] = (at % target.identity.quorum.windows) + 1;
  });
  fields.oddWindowMost.fill(Number.POSITIVE_INFINITY);
  const places = target.identity.quorum.clients;
  const known = knownLots(target);
  for (let field = 0; field < target.fields.size; field++) {
    const samples = target.samples[field];
    if (samples === undefined) continue;
    const surprises = await surpriseOf(samples.map(({ text }) => text));
    const scored = samples.map((sample, i) => ({
      ...sample,
      surprise: Number.isNaN(surprises[i]!) ? -1 : surprises[i]!,
    }));
    target.samples[field] = scored;
    for (const { client, lot, surprise } of scored) {
      if (surprise < 0) continue;
      // A value that reached the quorum has the quorum's clients behind it, although the sample names one.
      const witnesses = known.has(`${field} ${lot}`)
        ? Array.from({ length: places }, (_, i) => (client ^ i) >>> 0 || 1)
        : [client];
      for (const witness of witnesses)
        raise(fields.oddClient, fields.oddMost, field * places, places, witness, surprise);
    }
  }
  for (let field = 0; field < target.fields.size; field++) {
    const from = fields.anywhere[field]! * places;
    if (from === field * places) continue;
    fields.oddClient.copyWithin(field * places, from, from + places);
    fields.oddMost.copyWithin(field * places, from, from + places);
  }
  return target;
}

/** Of the values that reached the quorum, field and low half of the hash, which is what a sample keeps of it. */
function knownLots(store: MemoryStore): Set<string> {
  const { field, clients, windows } = store.columns.values;
  const lots = new Set<string>();
  for (let value = 0; value < store.values.size; value++) {
    if (store.samples[field[value]!] === undefined) continue;
    if (reaches(store.identity.quorum, clients[value]!, windows[value]!))
      lots.add(`${field[value]} ${store.values.lo[value]}`);
  }
  return lots;
}

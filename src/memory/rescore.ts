import { raise } from './learn-request.js';
import { MemoryStore } from './memory-store.js';
import { pour } from './pour.js';
import { reaches } from './quorum.js';

/**
 * The same memory for another model: ceilings from the samples, which are redacted and few. Mostly they come out lower than
 * the values themselves would give; higher where redaction makes a text odder, or where the windows had held a ceiling
 * down: samples do not tell theirs, so these ceilings rest on clients alone.
 *
 * Samples do not tell their routes either. What a client or window has shown of a field on a route becomes the surprise of
 * the host's samples that were no odder by the old model: a plain route of an odd field stays plain, and never gets a
 * higher ceiling than the field has on the host.
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
  const { clients: places, windows } = target.identity.quorum;
  const { fields } = target.columns;
  const before = { byClient: fields.oddMost.slice(), byWindow: fields.oddWindowMost.slice() };
  const witnesses = { clients: fields.oddClient.slice(), windows: fields.oddWindow.slice() };
  /** Of each field that has samples, their surprises by the old model and the new. */
  const pairs = new Map<number, { old: number; moved: number }[]>();
  fields.oddClient.fill(0);
  fields.oddMost.fill(0);
  fields.oddWindow.forEach((_, at) => {
    fields.oddWindow[at] = (at % windows) + 1;
  });
  fields.oddWindowMost.fill(Number.POSITIVE_INFINITY);
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
    pairs.set(
      field,
      scored.map(({ surprise }, i) => ({ old: samples[i]!.surprise, moved: surprise })),
    );
    for (const { client, lot, surprise } of scored) {
      if (surprise < 0) continue;
      // A value that reached the quorum has the quorum's clients behind it, although the sample names one.
      const shownBy = known.has(`${field} ${lot}`)
        ? Array.from({ length: places }, (_, i) => (client ^ i) >>> 0 || 1)
        : [client];
      for (const witness of shownBy) raise(fields.oddClient, fields.oddMost, field * places, places, witness, surprise);
    }
  }
  for (let field = 0; field < target.fields.size; field++) {
    const anywhere = fields.anywhere[field]!;
    if (anywhere === field) continue;
    const most = least(fields.oddMost, anywhere * places, places);
    const moved = (old: number): number => Math.min(most, equivalent(pairs.get(anywhere) ?? [], old));
    for (let at = field * places; at < (field + 1) * places; at++) {
      fields.oddClient[at] = witnesses.clients[at]!;
      fields.oddMost[at] = moved(before.byClient[at]!);
    }
    for (let at = field * windows; at < (field + 1) * windows; at++) {
      fields.oddWindow[at] = witnesses.windows[at]!;
      fields.oddWindowMost[at] = moved(before.byWindow[at]!);
    }
  }
  return target;
}

/** The surprise of the oddest sample that was no odder than `old` by the old model; 0 where there is none. */
function equivalent(samples: readonly { old: number; moved: number }[], old: number): number {
  let most = 0;
  // Columns hold single precision.
  for (const sample of samples)
    if (sample.old >= 0 && Math.fround(sample.old) <= old) most = Math.max(most, sample.moved);
  return most;
}

/** What as many clients as the quorum asks for have reached; a place that is empty holds 0. */
function least(most: Float32Array, from: number, places: number): number {
  return most
    .subarray(from, from + places)
    .reduce((smallest, one) => Math.min(smallest, one), Number.POSITIVE_INFINITY);
}

/** Of the values that reached the quorum, field and low half of the hash, which is what a sample keeps of it. */
function knownLots(store: MemoryStore): Set<string> {
  const { field } = store.columns.values;
  const lots = new Set<string>();
  for (let value = 0; value < store.values.size; value++) {
    if (store.samples[field[value]!] === undefined) continue;
    if (reaches(store.identity.quorum, store.columns.values, value))
      lots.add(`${field[value]} ${store.values.lo[value]}`);
  }
  return lots;
}

/** A value kept in clear, redacted like captures. */
export interface Sample {
  readonly text: string;
  /** Of the client, its keyed hash. */
  readonly client: number;
  /** Low half of the value's hash: a lottery number that everybody draws alike. */
  readonly lot: number;
  /** Its other half: what is known of the value is found by both. */
  readonly rest: number;
  /** Combined surprise by the store's model; -1 when it was not scored. */
  readonly surprise: number;
}

/** The strangest ones carry the ceiling to another model; the others, drawn by lot, show what is usual. */
export interface SampleSize {
  /** Of as many different clients. */
  readonly strangest: number;
  readonly byLot: number;
}

/** Longest kept, in UTF-16 units; a longer one says little to people, and cut it would score otherwise. */
export const MAX_SAMPLE = 512;

/** Whether a value would be among those kept, so that only then it needs redacting. */
export function wantsSample(
  samples: readonly Sample[],
  candidate: Pick<Sample, 'client' | 'lot' | 'surprise'>,
  size: SampleSize,
): boolean {
  if (samples.some(({ lot }) => lot === candidate.lot)) return false;
  if (samples.length < size.strangest + size.byLot) return true;
  return keep([...samples, candidate], size).includes(candidate);
}

/** Those to keep of a field's samples; any order of adding gives the same. */
export function keep<S extends Pick<Sample, 'client' | 'lot' | 'surprise'>>(
  samples: readonly S[],
  { strangest, byLot }: SampleSize,
): S[] {
  const kept: S[] = [];
  const clients = new Set<number>();
  for (const sample of [...samples].sort((a, b) => b.surprise - a.surprise || a.lot - b.lot)) {
    if (kept.length === strangest || sample.surprise < 0) break;
    if (clients.has(sample.client)) continue;
    clients.add(sample.client);
    kept.push(sample);
  }
  const others = samples.filter((sample) => !kept.includes(sample)).sort((a, b) => a.lot - b.lot);
  const drawn = new Set<number>();
  // One of each client first: whoever sends a thousand values would win every lottery.
  const firsts = others.filter(({ client }) => !drawn.has(client) && drawn.add(client));
  const places = strangest + byLot - kept.length;
  return [...kept, ...[...firsts, ...others.filter((sample) => !firsts.includes(sample))].slice(0, places)];
}

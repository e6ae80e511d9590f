/** How long sequences are cut; from the bundle's manifest, identical in the trainer. */
export interface WindowShape {
  /** Tokens a window, CLS included. */
  readonly tokens: number;
  /** Tokens that two neighbors share, the repeated prefix not counted. */
  readonly overlap: number;
  /** Longest prefix (zone, name, VALUE) that every window repeats; a longer one shrinks to its zone marker. */
  readonly prefixTokens: number;
}

/** How one sequence of `length` ids is cut. */
export interface WindowPlan {
  /** Ids at the front that every window repeats; 0 when one window holds everything. */
  readonly prefix: number;
  /** Body ids a window. */
  readonly room: number;
  /** Distance in ids between the starts of two windows' bodies. */
  readonly step: number;
  readonly count: number;
}

/** Plans the windows of a sequence. `valueAt` is the index of its first VALUE marker, -1 when it has none. */
export function planWindows(length: number, valueAt: number, shape: WindowShape): WindowPlan {
  const limit = shape.tokens - 1;
  if (length <= limit) return { prefix: 0, room: length, step: length, count: 1 };
  const afterName = valueAt + 1;
  const prefix = afterName > 0 && afterName <= shape.prefixTokens ? afterName : 1;
  const room = limit - prefix;
  const step = room - shape.overlap;
  const count = Math.ceil(Math.max(1, length - prefix - shape.overlap) / step);
  return { prefix, room, step, count };
}

/** Where one text's ids stand, and how they are cut. */
export interface Cut {
  readonly start: number;
  readonly length: number;
  readonly plan: WindowPlan;
}

/** One window of a text. */
export interface Place<Of extends Cut = Cut> {
  readonly cut: Of;
  readonly ordinal: number;
}

/** Cuts windows, `[CLS] prefix body…` each, as views of one array: an array each would cost more than what stands in it. */
export function cutWindows(ids: Uint16Array, cls: number, places: readonly Place[]): Uint16Array[] {
  let size = 0;
  for (const place of places) size += sizeOf(place);
  const tokens = new Uint16Array(size);
  let at = 0;
  return places.map((place) => {
    const { start, plan } = place.cut;
    const begin = at;
    const bodyAt = begin + 1 + plan.prefix;
    const skipped = start + plan.prefix + place.ordinal * plan.step - bodyAt;
    at += sizeOf(place);
    tokens[begin] = cls;
    for (let i = 0; i < plan.prefix; i++) tokens[begin + 1 + i] = ids[start + i]!;
    for (let i = bodyAt; i < at; i++) tokens[i] = ids[skipped + i]!;
    return tokens.subarray(begin, at);
  });
}

/** Tokens of a window, CLS included. */
function sizeOf({ cut: { length, plan }, ordinal }: Place): number {
  return 1 + plan.prefix + Math.min(plan.room, length - plan.prefix - ordinal * plan.step);
}

/** Marks of the body ids of one window, by the marks of each id. */
export function marksOf(ids: Uint16Array, { start, length, plan }: Cut, ordinal: number, marks: Uint8Array): number {
  const from = plan.prefix + ordinal * plan.step;
  const end = start + Math.min(length, from + plan.room);
  let sum = 0;
  for (let i = start + from; i < end; i++) sum += marks[ids[i]!]!;
  return sum;
}

/** What a budget may keep. */
export interface Candidate {
  /** 0 before 1 before 2: the head of a field, its tail, what lies between. Default 0. */
  readonly rank?: number;
  /** Within a rank the highest is kept. */
  readonly priority: number;
}

/** What survives a budget: rank by rank the highest priority, of equals the first. In the order given. */
export function fitBudget<Item extends Candidate>(candidates: readonly Item[], budget: number): Item[] {
  if (candidates.length <= budget) return [...candidates];
  const best = candidates
    .map((candidate, index) => ({ candidate, index }))
    .sort(
      (a, b) =>
        (a.candidate.rank ?? 0) - (b.candidate.rank ?? 0) ||
        b.candidate.priority - a.candidate.priority ||
        a.index - b.index,
    );
  return best
    .slice(0, budget)
    .sort((a, b) => a.index - b.index)
    .map(({ candidate }) => candidate);
}

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

/** The `ordinal`-th window of `ids[0, length)`: `[CLS] prefix body…`. */
export function cutWindow(
  ids: Uint16Array,
  length: number,
  plan: WindowPlan,
  ordinal: number,
  cls: number,
): Uint16Array {
  const start = plan.prefix + ordinal * plan.step;
  const body = Math.min(plan.room, length - start);
  const window = new Uint16Array(1 + plan.prefix + body);
  window[0] = cls;
  for (let i = 0; i < plan.prefix; i++) window[1 + i] = ids[i]!;
  const offset = 1 + plan.prefix;
  for (let i = 0; i < body; i++) window[offset + i] = ids[start + i]!;
  return window;
}

/**
 * Which windows survive a budget, given the number of windows of each field: the first window of every field, then by
 * turns the last, second, last but one, … of each field that has more. Returns how many to keep at the head and at the
 * tail of each field. When even the first windows exceed the budget, the later fields go without.
 */
export function fitBudget(counts: readonly number[], budget: number): { head: number; tail: number }[] {
  const kept = counts.map((_, field) => ({ head: field < budget ? 1 : 0, tail: 0 }));
  let left = budget - Math.min(budget, counts.length);
  let grew = true;
  for (let turn = 0; left > 0 && grew; turn++) {
    grew = false;
    for (let field = 0; field < counts.length && left > 0; field++) {
      const share = kept[field]!;
      if (share.head + share.tail >= counts[field]!) continue;
      share[turn % 2 === 0 ? 'tail' : 'head']++;
      left--;
      grew = true;
    }
  }
  return kept;
}

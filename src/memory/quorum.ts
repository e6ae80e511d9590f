/** How many distinct clients must have shown something, in how many windows of time, before it counts as normal. */
export interface Quorum {
  readonly clients: number;
  readonly windows: number;
}

/** So many clients are told apart, so many of their maxima are kept for each field, and so many windows have bits of their own. */
export const MAX_QUORUM = 8;

/** Three people on two occasions: one person with two devices does not reach it, a shop's first day of users does. */
export const DEFAULT_QUORUM: Quorum = { clients: 3, windows: 2 };

/** One hour: long enough that one burst is one occasion, short enough that a morning teaches. */
export const DEFAULT_WINDOW_MS = 3_600_000;

/** @throws RangeError naming what is out of range. */
export function checkQuorum({ clients, windows }: Quorum): void {
  for (const [name, value] of Object.entries({ clients, windows })) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_QUORUM) {
      throw new RangeError(`quorum ${name}: expected an integer from 1 to ${MAX_QUORUM}, got ${value}`);
    }
  }
}

/** By its keyed hash, who shows something, and when. */
export interface Witness {
  readonly client: number;
  /** 16 bits of the client's hash, never 0: of eight clients two share one in 0.04 % of all cases, of three in 0.005 %. */
  readonly mark: number;
  /** One of 32, for the client. */
  readonly bit: number;
  /** One of 16, for the window. */
  readonly window: number;
  /** The window by its number. */
  readonly hour: number;
}

/** Who has shown the entries of a table. */
export interface Witnessed {
  /** Sets of 32 bits that tell roughly how many clients. */
  readonly clients: Uint32Array;
  readonly windows: Uint16Array;
  /** `quorum.clients` places an entry: the marks of as many clients, the first to show it first; 0 is free. */
  readonly shownBy: Uint16Array;
}

export function show(quorum: Quorum, table: Witnessed, entry: number, { bit, mark, window }: Witness): void {
  table.clients[entry]! |= bit;
  table.windows[entry]! |= window;
  addMark(quorum, table.shownBy, entry, mark);
}

/** Adds what another entry has seen. */
export function showAll(quorum: Quorum, table: Witnessed, entry: number, other: Witnessed, from: number): void {
  table.clients[entry]! |= other.clients[from]!;
  table.windows[entry]! |= other.windows[from]!;
  for (let at = from * quorum.clients; at < (from + 1) * quorum.clients; at++)
    addMark(quorum, table.shownBy, entry, other.shownBy[at]!);
}

export function addMark({ clients }: Quorum, shownBy: Uint16Array | number[], entry: number, mark: number): void {
  for (let at = entry * clients; at < (entry + 1) * clients; at++) {
    if (shownBy[at] === 0) shownBy[at] = mark;
    if (shownBy[at] === mark) return;
  }
}

/** Whether enough clients have shown an entry, and in enough windows. Marks and windows may coincide, so it never counts more than there were. */
export function reaches(quorum: Quorum, table: Pick<Witnessed, 'windows' | 'shownBy'>, entry: number): boolean {
  return isFull(quorum, table.shownBy, entry) && bitCount(table.windows[entry]!) >= quorum.windows;
}

/** The same of a host. */
export function hostReaches(
  quorum: Quorum,
  host: { readonly shownBy: readonly number[]; readonly windows: number },
): boolean {
  return isFull(quorum, host.shownBy, 0) && bitCount(host.windows) >= quorum.windows;
}

/** Marks fill their places in order. */
function isFull({ clients }: Quorum, shownBy: ArrayLike<number>, entry: number): boolean {
  return shownBy[(entry + 1) * clients - 1]! > 0;
}

/** How many clients a set of 32 bits stands for, as far as it tells: linear counting (Whang et al., 1990). 133 at most. */
export function estimateClients(bits: number): number {
  const free = 32 - bitCount(bits);
  return Math.max(bitCount(bits), Math.round(-32 * Math.log(Math.max(free, 0.5) / 32)));
}

export function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

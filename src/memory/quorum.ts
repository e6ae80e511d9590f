/** How many distinct clients must have shown something, in how many windows of time, before it counts as normal. */
export interface Quorum {
  readonly clients: number;
  readonly windows: number;
}

/** So many of the clients' maxima are kept for each field, and so many windows have bits of their own. */
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

/**
 * Witnesses are sets of 32 bits (16 for windows), one a client by its keyed hash. Two clients may share a bit, so a set
 * never claims more witnesses than there were, and any number of them takes 6 bytes.
 */
export function reaches(quorum: Quorum, clients: number, windows: number): boolean {
  return bitCount(clients) >= quorum.clients && bitCount(windows) >= quorum.windows;
}

/** How many clients a set of 32 bits stands for, as far as it tells: linear counting (Whang et al., 1990). */
export function estimateClients(bits: number): number {
  const free = 32 - bitCount(bits);
  return Math.max(bitCount(bits), Math.round(-32 * Math.log(Math.max(free, 0.5) / 32)));
}

export function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

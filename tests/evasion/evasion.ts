import type { AttackClass } from './payloads.js';

/** A value as an application's parameter: a byte string, one byte a UTF-16 unit. */
export interface Value {
  readonly bytes: string;
  /** The bytes stand on the wire as they are, where the place percent-decodes; elsewhere they are a value like any other. */
  readonly onWire?: boolean;
}

/** How a value is given to a place: once or several times, alone or in a crowd. */
export interface Content {
  /** All values of the one parameter, in order. */
  readonly values: readonly Value[];
  /** Other parameters around it. */
  readonly crowd: readonly (readonly [name: string, value: string])[];
}

/** A way to write the same thing otherwise. */
export interface Evasion {
  readonly name: string;
  /** Row of the short table. */
  readonly family: string;
  /** What, in an application or in the language of the payload, makes the original of it again. */
  readonly undoneBy: string;
  /** Payloads that survive it; absent: all. */
  readonly classes?: readonly AttackClass[];
  /** False where customers' values lose their sense under it, so that nobody would send them. Default true. */
  readonly benign?: false;
  /** Needs a place that takes several values of one name. */
  readonly repeats?: boolean;
  /** Needs a place that takes other parameters beside. */
  readonly crowds?: boolean;
  /** Only where the place percent-decodes. */
  readonly percent?: boolean;
  /** Longer than names and file names are. */
  readonly long?: boolean;
  /** Tens of kilobytes, or hundreds of parameters: past the limits of what is read one by one. */
  readonly huge?: boolean;
  /** @returns `undefined` where it changes nothing. */
  readonly apply: (text: string, around: Around) => Content | undefined;
}

/** What evasions draw on beside the payload. */
export interface Around {
  /** Benign prose of so many words. */
  words(count: number): string;
  /** A benign value of the same parameter. */
  readonly other: string;
}

/** A text as UTF-8, one byte a unit. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The parameter among its crowd, most of which comes before it. */
export function inCrowd<T>(crowd: readonly T[], own: readonly T[]): T[] {
  const before = Math.floor(crowd.length * 0.9);
  return [...crowd.slice(0, before), ...own, ...crowd.slice(before)];
}

/** One value, given once and alone. */
export function once(bytes: string, onWire = false): Content {
  return { values: [{ bytes, onWire }], crowd: [] };
}

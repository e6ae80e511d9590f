/** What a suite says should become of a request; `unknown` where it says nothing. */
export type Expectation = 'blocked' | 'passed' | 'unknown';

/** Where a request carries what it is about. */
export type SuiteZone = 'path' | 'query' | 'header' | 'cookie' | 'body';

/** One request of a suite, ready for the wire. */
export interface SuiteCase {
  /** Names the request for people: the file and what tells it from its neighbors. */
  readonly id: string;
  /** Kind of attack or of benign traffic, as the suite names it. */
  readonly class: string;
  readonly zone: SuiteZone;
  readonly expected: Expectation;
  /** Request line, headers and body, as they go to the wire. */
  readonly bytes: Buffer;
}

/** What a loader yields: a case, or why one of the suite's was left out. */
export type Loaded = SuiteCase | { readonly id: string; readonly skipped: string };

/** A suite that cannot be read; the message names the file, what was expected and what was found. */
export class SuiteError extends Error {}

/** The zone of a request that does not say: the last of path, query and body that holds anything. */
export function guessZone(target: string, bodyBytes: number): SuiteZone {
  if (bodyBytes > 0) return 'body';
  return target.includes('?') ? 'query' : 'path';
}

/** A class name fit for a table: one line of printable ASCII, at most 40 characters. */
export function className(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]+/g, '?').trim();
  return plain.slice(0, 40) || 'unnamed';
}

import type { Charset } from '../decode/declared-charset.js';
import { rawRuns } from '../decode/raw-runs.js';
import type { FieldCollector } from '../field-collector.js';
import { MARKERS } from '../markers.js';
import { isBinary, printableRuns, suspiciousRuns } from './binary.js';

/** Bytes of a binary value whose printable runs are all read; of the rest only the most suspicious ones are. */
const BINARY_HEAD = 4096;

/** Adds a value of unknown kind: text as it stands, binary by its printable runs. */
export function addOpaque(collector: FieldCollector, name: string, bytes: string, malformed: boolean): void {
  if (!isBinary(bytes)) {
    collector.add({ zone: 'body', name, value: bytes, form: 'bytes', malformed });
    return;
  }
  const dropped = addRuns(collector, name, bytes);
  if (dropped > 0) collector.account.skip('binary', dropped);
}

/** The same for bytes that are another reading of ones added already: what is left out of them is no byte of the request. */
export function addSecondReading(collector: FieldCollector, name: string, bytes: string): void {
  if (isBinary(bytes)) addRuns(collector, name, bytes);
  else collector.add({ zone: 'body', name, value: bytes, form: 'bytes' });
}

/** @returns how many bytes the runs leave out. */
function addRuns(collector: FieldCollector, name: string, bytes: string): number {
  collector.encodings.add('binary');
  const head = printableRuns(bytes.slice(0, BINARY_HEAD));
  const rest = suspiciousRuns(bytes.slice(BINARY_HEAD));
  for (const run of [...head.runs, ...rest.runs]) {
    collector.add({ zone: 'body', name, value: run, form: 'bytes', marker: MARKERS.PRINTABLE });
  }
  return head.dropped + rest.dropped;
}

/**
 * Adds what a server that ignores the charset may find in bytes that are text in one with other bytes for ASCII characters.
 *
 * @param text the same in the charset.
 * @returns false when all of the bytes may be meant as they stand; nothing is added then.
 */
export function addRawRuns(
  collector: FieldCollector,
  name: string,
  bytes: string,
  text: string,
  charset: Charset,
): boolean {
  const runs = rawRuns(bytes, text, charset);
  if (runs === undefined) return false;
  for (const value of runs) collector.add({ zone: 'body', name, value, form: 'bytes', marker: MARKERS.PRINTABLE });
  return true;
}

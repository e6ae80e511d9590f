/** Shortest printable run worth reading; random bytes have one of this length every few kilobytes. */
const MIN_RUN = 8;
const MAX_RUN = 400;
const MAX_RUNS = 16;
const RUN = new RegExp(`[\\x20-\\x7e\\t\\r\\n]{${MIN_RUN},}`, 'g');
/** Shorter values are read as text whatever they hold: a payload with a NUL in it is no image. */
const MIN_BINARY = 64;
const SAMPLE = 512;

/**
 * True when bytes are no text: at least a twentieth of a sample of 512 are control characters. Random bytes have a
 * ninth of them, text next to none.
 */
export function isBinary(bytes: string): boolean {
  if (bytes.length < MIN_BINARY) return false;
  const length = Math.min(bytes.length, SAMPLE);
  let controls = 0;
  for (let i = 0; i < length; i++) {
    const code = bytes.charCodeAt(i);
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) controls++;
  }
  return controls * 20 >= length;
}

/** Printable runs, and how many of their bytes the bounds left out. */
export interface PrintableRuns {
  readonly runs: readonly string[];
  readonly dropped: number;
}

/** The printable runs of a binary value, as `strings` shows them: scripts inside images, metadata, macros. */
export function printableRuns(bytes: string): PrintableRuns {
  const runs: string[] = [];
  let dropped = 0;
  for (const [run] of bytes.matchAll(RUN)) {
    const kept = runs.length < MAX_RUNS ? run.slice(0, MAX_RUN) : '';
    if (kept !== '') runs.push(kept);
    dropped += run.length - kept.length;
  }
  return { runs, dropped };
}

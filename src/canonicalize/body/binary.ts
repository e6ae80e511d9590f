import { suspicionOf } from '../suspicion.js';

/** Shortest printable run worth reading; random bytes have one of this length every few kilobytes. */
export const MIN_RUN = 8;
const MAX_RUN = 400;
const MAX_RUNS = 16;
/** For `matchAll` alone, which keeps no place in it. */
export const RUN = new RegExp(`[\\x20-\\x7e\\t\\r\\n]{${MIN_RUN},}`, 'g');
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

/** Shortest run worth a look beyond the head: random bytes have none of this length in gigabytes. */
const MIN_TEXT = 24;
const MAX_TEXTS = 8;
const TEXT = new RegExp(`[\\x20-\\x7e\\t\\r\\n]{${MIN_TEXT},}`, 'g');

/**
 * The runs of text with the most syntax in them, in order: a script appended to a picture, a macro in the midst of a file.
 * All other bytes count as dropped.
 */
export function suspiciousRuns(bytes: string): PrintableRuns {
  const runs = textRuns(bytes);
  return { runs, dropped: bytes.length - runs.reduce((sum, run) => sum + run.length, 0) };
}

/** The same runs alone: at most 8 of 24 to 400 bytes each. */
export function textRuns(bytes: string): string[] {
  const found: { run: string; at: number; marks: number }[] = [];
  for (const match of bytes.matchAll(TEXT)) {
    const run = densestPart(match[0]);
    found.push({ run, at: match.index, marks: suspicionOf(run) });
  }
  return found
    .sort((a, b) => b.marks - a.marks)
    .slice(0, MAX_TEXTS)
    .sort((a, b) => a.at - b.at)
    .map(({ run }) => run);
}

/** The stretch of a run, as long as one may be, that holds the most syntax; stretches overlap by half. */
function densestPart(run: string): string {
  if (run.length <= MAX_RUN) return run;
  let best = 0;
  let most = -1;
  for (let from = 0; from < run.length; from += MAX_RUN / 2) {
    const marks = suspicionOf(run, from, Math.min(run.length, from + MAX_RUN));
    if (marks > most) {
      most = marks;
      best = from;
    }
  }
  return run.slice(best, best + MAX_RUN);
}

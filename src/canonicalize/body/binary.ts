/** Shortest printable run worth reading; random bytes have one of this length every few kilobytes. */
const MIN_RUN = 8;
const MAX_RUN = 400;
const MAX_RUNS = 16;
const RUN = new RegExp(`[\\x20-\\x7e\\t\\r\\n]{${MIN_RUN},}`, 'g');

/** True when bytes are no text: at least a tenth of a sample of 512 are control characters. */
export function isBinary(bytes: string): boolean {
  const sample = bytes.length > 512 ? bytes.slice(0, 512) : bytes;
  let controls = 0;
  for (let i = 0; i < sample.length; i++) {
    const code = sample.charCodeAt(i);
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) controls++;
  }
  return controls * 10 >= sample.length && controls > 0;
}

/** The printable runs of a binary value, as `strings` shows them: scripts inside images, metadata, macros. */
export function printableRuns(bytes: string): string[] {
  const runs: string[] = [];
  for (const [run] of bytes.matchAll(RUN)) {
    runs.push(run.slice(0, MAX_RUN));
    if (runs.length === MAX_RUNS) break;
  }
  return runs;
}

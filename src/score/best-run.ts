/**
 * The `run` consecutive tokens with the highest mean logit: where a window is most surprising. CLS at index 0 never
 * counts; a window with fewer tokens is one run.
 *
 * @param logits token logits of many windows, one row after the other; this window's row starts at `row`.
 * @param length tokens of the window, CLS included, padding excluded.
 * @returns indices [from, to) into the window; [0, 1) when there is only CLS.
 */
export function bestRun(logits: Float32Array, row: number, length: number, run: number): [from: number, to: number] {
  if (length <= 1) return [0, length];
  const size = Math.min(run, length - 1);
  let sum = 0;
  for (let i = 1; i <= size; i++) sum += logits[row + i]!;
  let best = sum;
  let from = 1;
  for (let start = 2; start + size <= length; start++) {
    sum += logits[row + start + size - 1]! - logits[row + start - 1]!;
    if (sum > best) {
      best = sum;
      from = start;
    }
  }
  return [from, from + size];
}

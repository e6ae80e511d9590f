/**
 * Cuts windows into runs that are padded to their longest: a new run begins where it saves more padding than starting
 * it costs. Returns the windows' indices, longest windows first.
 *
 * @param runCost what starting one more inference costs, in tokens of work.
 */
export function splitBatch(lengths: ArrayLike<number>, runCost: number): number[][] {
  const order = Array.from(lengths, (_, i) => i).sort((a, b) => lengths[b]! - lengths[a]!);
  const runs: number[][] = [];
  let run: number[] = [];
  let width = 0;
  order.forEach((index, i) => {
    const length = lengths[index]!;
    if (run.length > 0 && (width - length) * (order.length - i) > runCost) {
      runs.push(run);
      run = [];
    }
    if (run.length === 0) width = length;
    run.push(index);
  });
  if (run.length > 0) runs.push(run);
  return runs;
}

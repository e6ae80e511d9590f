import type { Manifest } from './manifest.js';

/**
 * What share of held-out benign requests scores at least as high as a logit, and scores made of that share.
 *
 * Between the table's points ln S is linear in the logit; below the first point S is 1, from `tail.from` on it falls
 * exponentially. The trainer's `survival.py` computes the same, bound by `tests/vectors/scores.json`.
 */
export class Calibration {
  /** The smallest false-positive budget that the held-out sample can support, 1 / (n + 1). */
  readonly smallestBudget: number;
  private readonly logits: Float64Array;
  private readonly logShares: Float64Array;
  private readonly tailFrom: number;
  private readonly tailScale: number;
  private readonly tailLogShare: number;

  constructor(table: Pick<Manifest['calibration'], 'smallestBudget' | 'survival' | 'tail'>) {
    this.smallestBudget = table.smallestBudget;
    this.logits = Float64Array.from(table.survival, ([logit]) => logit);
    this.logShares = Float64Array.from(table.survival, ([, share]) => Math.log(share));
    this.tailScale = table.tail.scale;
    this.tailFrom = table.tail.from;
    this.tailLogShare = this.interpolate(table.tail.from);
  }

  /** ln S of a logit: 0 at the bottom, decreasing. */
  logSurvival(logit: number): number {
    if (logit < this.logits[0]!) return 0;
    if (logit >= this.tailFrom) return this.tailLogShare - (logit - this.tailFrom) / this.tailScale;
    return this.interpolate(logit);
  }

  /** Calibrated score b / (b + S) in [0, 1]: monotone in the logit, 0.5 where S equals the budget. */
  score(logit: number, budget: number): number {
    return 1 / (1 + Math.exp(this.logSurvival(logit) - Math.log(budget)));
  }

  /** The logit whose score is 0.5. @throws RangeError when the sample is too small for the budget. */
  thresholdFor(budget: number): number {
    if (!(budget > 0 && budget < 1)) {
      throw new RangeError(`false-positive budget: expected a share between 0 and 1, got ${budget}`);
    }
    // The table's own float noise must not refuse the very budget that it states.
    if (budget < this.smallestBudget * (1 - 1e-9)) {
      throw new RangeError(
        `false-positive budget: expected at least ${this.smallestBudget.toPrecision(3)}, which is all that the ` +
          `model's ${Math.round(1 / this.smallestBudget) - 1} held-out benign requests can show, got ${budget}`,
      );
    }
    const target = Math.log(budget);
    if (target <= this.tailLogShare) return this.tailFrom + (this.tailLogShare - target) * this.tailScale;
    const { logits, logShares } = this;
    let above = 0;
    while (above < logits.length && logShares[above]! > target) above++;
    if (above === 0) return logits[0]!;
    const rise = (logShares[above - 1]! - target) / (logShares[above - 1]! - logShares[above]!);
    return logits[above - 1]! + rise * (logits[above]! - logits[above - 1]!);
  }

  private interpolate(logit: number): number {
    const { logits, logShares } = this;
    let low = 0;
    let high = logits.length - 1;
    if (logit >= logits[high]!) return logShares[high]!;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (logits[middle]! <= logit) low = middle;
      else high = middle;
    }
    const part = (logit - logits[low]!) / (logits[high]! - logits[low]!);
    return logShares[low]! + part * (logShares[high]! - logShares[low]!);
  }
}

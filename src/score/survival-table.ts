/** Points (logit, share of benign at or above it), logits increasing, and the exponential tail beyond them. */
export interface SurvivalPoints {
  readonly survival: readonly (readonly [logit: number, share: number])[];
  /** From this logit on the share falls as exp(-(x - from) / scale). */
  readonly tail: { readonly from: number; readonly scale: number };
}

/**
 * What share of held-out benign traffic has at least a given logit.
 *
 * Between the table's points ln S is linear in the logit; below the first point S is 1, from `tail.from` on it falls
 * exponentially. The trainer's `survival.py` computes the same, bound by `tests/vectors/scores.json`.
 */
export class SurvivalTable {
  private readonly logits: Float64Array;
  private readonly logShares: Float64Array;
  private readonly tailFrom: number;
  private readonly tailScale: number;
  private readonly tailLogShare: number;

  constructor({ survival, tail }: SurvivalPoints) {
    this.logits = Float64Array.from(survival, ([logit]) => logit);
    this.logShares = Float64Array.from(survival, ([, share]) => Math.log(share));
    this.tailScale = tail.scale;
    this.tailFrom = tail.from;
    this.tailLogShare = this.interpolate(tail.from);
  }

  /** ln S of a logit: 0 at the bottom, decreasing. */
  logSurvival(logit: number): number {
    if (logit < this.logits[0]!) return 0;
    if (logit >= this.tailFrom) return this.tailLogShare - (logit - this.tailFrom) / this.tailScale;
    return this.interpolate(logit);
  }

  /** The logit of a ln S: the first point where it lies above the table. */
  logitAt(logShare: number): number {
    if (logShare <= this.tailLogShare) return this.tailFrom + (this.tailLogShare - logShare) * this.tailScale;
    const { logits, logShares } = this;
    let above = 0;
    while (above < logits.length && logShares[above]! > logShare) above++;
    if (above === 0) return logits[0]!;
    const rise = (logShares[above - 1]! - logShare) / (logShares[above - 1]! - logShares[above]!);
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

import { type SurvivalPoints, SurvivalTable } from './survival-table.js';

/** Manifest `views`: how surprising each view's logits are among benign fields, and the bound of a surprise. */
export interface Views {
  readonly surpriseBound: number;
  /** `highestLogit`: what the Transformer's weights cannot exceed, whatever it reads; absent where nobody worked it out. */
  readonly transformer: SurvivalPoints & { readonly highestLogit?: number };
  readonly linear: SurvivalPoints;
}

/**
 * The rule that makes one number of two views.
 *
 * A view's logit becomes a surprise, -log10 of the share of benign fields that reach it, so that the two are comparable;
 * a field's combined surprise is their mean. Surprises are compressed toward a bound, order kept, and so neither view
 * denies alone: what the linear view finds harmless enough passes whatever the Transformer would say, which therefore
 * need not run. The trainer's `views.py` computes the same, bound by `tests/vectors/linear.json`.
 */
export class CombineRule {
  private readonly transformer: SurvivalTable;
  private readonly linear: SurvivalTable;
  readonly bound: number;
  /** The highest that a Transformer surprise can be. */
  private readonly most: number;

  constructor(views: Views) {
    this.transformer = new SurvivalTable(views.transformer);
    this.linear = new SurvivalTable(views.linear);
    this.bound = views.surpriseBound;
    const { highestLogit } = views.transformer;
    this.most = highestLogit === undefined ? this.bound : this.transformerSurprise(highestLogit);
  }

  /** Compressed surprise of a Transformer logit, in [0, bound]. */
  transformerSurprise(logit: number): number {
    return compress(surprise(this.transformer, logit), this.bound);
  }

  /** Compressed surprise of a linear logit, in [0, bound]. */
  linearSurprise(logit: number): number {
    return compress(surprise(this.linear, logit), this.bound);
  }

  /** A field's combined surprise. */
  combine(transformerSurprise: number, linearSurprise: number): number {
    return (transformerSurprise + linearSurprise) / 2;
  }

  /** The most that a field can come to, whatever the Transformer says. */
  atMost(linearSurprise: number): number {
    return this.combine(this.most, linearSurprise);
  }
}

/** -log10 S; never negative. */
function surprise(table: SurvivalTable, logit: number): number {
  return Math.max(0, -table.logSurvival(logit) / Math.LN10);
}

/**
 * Itself up to half the bound, beyond that smoothly toward the bound. Clipping instead would tie the strangest benign
 * fields of a site with attacks on it, and what is tied can no longer be ranked.
 */
export function compress(surprise: number, bound: number): number {
  const half = bound / 2;
  return surprise <= half ? surprise : half + half * Math.tanh((surprise - half) / half);
}

import type { Manifest } from './manifest.js';
import { SurvivalTable } from './survival-table.js';

/** What share of held-out benign requests scores at least as high as a raw score, and calibrated scores made of that share. */
export class Calibration {
  /** The smallest false-positive budget that the held-out sample can support, 1 / (n + 1). */
  readonly smallestBudget: number;
  private readonly table: SurvivalTable;

  constructor(calibration: Pick<Manifest['calibration'], 'smallestBudget' | 'survival' | 'tail'>) {
    this.smallestBudget = calibration.smallestBudget;
    this.table = new SurvivalTable(calibration);
  }

  /** ln S of a raw score: 0 at the bottom, decreasing. */
  logSurvival(raw: number): number {
    return this.table.logSurvival(raw);
  }

  /** The share of benign requests that reach a raw score, in (0, 1]. */
  shareOf(raw: number): number {
    return Math.exp(this.logSurvival(raw));
  }

  /** Calibrated score b / (b + S) in [0, 1]: monotone in the raw score, 0.5 where S equals the budget. */
  score(raw: number, budget: number): number {
    return 1 / (1 + Math.exp(this.logSurvival(raw) - Math.log(budget)));
  }

  /** The raw score whose calibrated one is 0.5. @throws RangeError when the sample is too small for the budget. */
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
    return this.table.logitAt(Math.log(budget));
  }
}

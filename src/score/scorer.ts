import type { Encoding } from '../tokenize/encoding.js';
import type { Calibration } from './calibration.js';
import type { FieldScore, Score, WindowScore } from './score.js';
import type { View } from './view.js';

export interface ScorerOptions {
  readonly modelId: string;
  readonly view: View;
  readonly calibration: Calibration;
  /** Share of benign requests that may be denied, from the bundle's smallest budget up to 1. */
  readonly budget: number;
  /** Where tokens [from, to) of a window stand in a field's text. `Tokenizer.spanOf`. */
  readonly spanOf: (text: string, ordinal: number, from: number, to: number) => [start: number, end: number];
  /** Most fields named in a score. Default 5: more does not fit a log line that a person reads. */
  readonly topFields?: number;
  /** Lowest score of a field whose span is looked up, which encodes it again. Default 0.5; 0 explains every top field. */
  readonly spanFloor?: number;
}

/** Window scores to a request's score: the worst window of a field, the worst field of the request, calibrated. */
export class Scorer {
  /** The logit at which a request scores 0.5. */
  readonly thresholdLogit: number;
  private readonly topFields: number;
  private readonly spanFloor: number;

  /** @throws RangeError when the bundle's held-out sample is too small for the budget. */
  constructor(private readonly options: ScorerOptions) {
    this.thresholdLogit = options.calibration.thresholdFor(options.budget);
    this.topFields = options.topFields ?? 5;
    this.spanFloor = options.spanFloor ?? 0.5;
    if (!Number.isInteger(this.topFields) || this.topFields < 1) {
      throw new RangeError(`topFields: expected an integer from 1 up, got ${this.topFields}`);
    }
  }

  /** Rejects with ScoreError; a request without windows scores 0. */
  async score(encoding: Encoding, signal: AbortSignal): Promise<Score> {
    const { view, modelId } = this.options;
    const { windows, cacheHits } = await view.score(encoding, signal);
    const worst = worstWindows(encoding, windows);
    worst.sort((a, b) => windows[b]!.logit - windows[a]!.logit);
    const fields = worst.slice(0, this.topFields).map((window) => this.fieldScore(encoding, window, windows[window]!));
    return {
      modelId,
      logit: fields[0]?.logit ?? Number.NEGATIVE_INFINITY,
      score: fields[0]?.score ?? 0,
      fields,
      fieldCount: encoding.fields.length,
      windowCount: windows.length,
      cacheHits,
    };
  }

  private fieldScore(encoding: Encoding, window: number, { logit, from, to }: WindowScore): FieldScore {
    const { field: index, ordinal } = encoding.windows[window]!;
    const field = encoding.fields[index]!;
    const score = this.options.calibration.score(logit, this.options.budget);
    const span = score >= this.spanFloor ? this.options.spanOf(field.text, ordinal, from, to) : ([0, 0] as const);
    return { field, logit, score, span };
  }
}

/** Of each field that has windows, the index of the one with the highest logit. */
function worstWindows(encoding: Encoding, scores: readonly WindowScore[]): number[] {
  const worst: number[] = [];
  let field = -1;
  for (let i = 0; i < encoding.windows.length; i++) {
    if (encoding.windows[i]!.field !== field) {
      field = encoding.windows[i]!.field;
      worst.push(i);
    } else if (scores[i]!.logit > scores[worst.at(-1)!]!.logit) {
      worst[worst.length - 1] = i;
    }
  }
  return worst;
}

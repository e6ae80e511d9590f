import type { Encoding } from '../tokenize/encoding.js';
import type { WindowScore } from './score.js';

/** A view's answer: a score for every window, in the same order. */
export interface ViewScores {
  readonly windows: readonly WindowScore[];
  /** Windows that were answered without running a model. */
  readonly cacheHits: number;
}

/** One opinion about a request. The rule that combines several is itself a view over them. */
export interface View {
  /** Closed set of short names; labels metrics. */
  readonly name: string;
  /** Rejects with ScoreError, also when `signal` fires first. */
  score(encoding: Pick<Encoding, 'fields' | 'windows'>, signal: AbortSignal): Promise<ViewScores>;
}

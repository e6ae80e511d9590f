import type { Waiter } from './flight.js';
import type { WindowScore } from './score.js';
import { ScoreError } from './score-error.js';

/** Collects the scores of one request's windows until none is missing, one failed, or the caller went away. */
export class Gather implements Waiter {
  /** Rejects with ScoreError. */
  readonly done: Promise<void>;
  settled = false;
  private resolve!: () => void;
  private reject!: (error: ScoreError) => void;
  private readonly onAbort = (): void => this.fail(ScoreError.ofAbort(this.signal));

  /** @param scores filled in place; @param missing how many deliveries to wait for, at least 1. */
  constructor(
    private readonly scores: WindowScore[],
    private missing: number,
    private readonly signal: AbortSignal,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    signal.addEventListener('abort', this.onAbort);
  }

  deliver(window: number, score: WindowScore): void {
    if (this.settled) return;
    this.scores[window] = score;
    if (--this.missing > 0) return;
    this.settle();
    this.resolve();
  }

  fail(error: ScoreError): void {
    if (this.settled) return;
    this.settle();
    this.reject(error);
  }

  private settle(): void {
    this.settled = true;
    this.signal.removeEventListener('abort', this.onAbort);
  }
}

import type { Job } from './batcher.js';
import type { WindowScore } from './score.js';
import type { ScoreError } from './score-error.js';

/** A request that waits for some of its windows. */
export interface Waiter {
  /** True once it has its answer, failed, or went away. */
  readonly settled: boolean;
  deliver(window: number, score: WindowScore): void;
  fail(error: ScoreError): void;
}

/**
 * One inference that any number of requests wait for. It is wanted while one of them is; the first caller is like any
 * other, so its going away fails nobody else.
 */
export class Flight implements Job {
  private readonly waiting: { readonly waiter: Waiter; readonly window: number }[] = [];

  /** @param onLanded called once, before the waiters hear, with the score if there is one. */
  constructor(
    readonly ids: Uint16Array,
    private readonly onLanded: (score?: WindowScore) => void,
  ) {}

  join(waiter: Waiter, window: number): void {
    this.waiting.push({ waiter, window });
  }

  isWanted(): boolean {
    return this.waiting.some(({ waiter }) => !waiter.settled);
  }

  resolve(score: WindowScore): void {
    this.onLanded(score);
    for (const { waiter, window } of this.waiting) waiter.deliver(window, score);
  }

  reject(error: ScoreError): void {
    this.onLanded();
    for (const { waiter } of this.waiting) waiter.fail(error);
  }

  drop(): void {
    this.onLanded();
  }
}

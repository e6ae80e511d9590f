import type { NotScoredReason } from '../decide/verdict.js';

/** A request that could not be scored. `reason` labels metrics and decides what the proxy is told. */
export class ScoreError extends Error {
  override readonly name = 'ScoreError';

  constructor(
    readonly reason: NotScoredReason,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** The error of a caller whose signal fired: `deadline` when it was a timeout, `cancelled` otherwise. */
  static ofAbort(signal: AbortSignal): ScoreError {
    const { reason } = signal;
    if (reason instanceof ScoreError) return reason;
    return (reason as Error | undefined)?.name === 'TimeoutError'
      ? new ScoreError('deadline', 'the deadline passed before the request was scored')
      : new ScoreError('cancelled', 'the caller went away before the request was scored');
  }
}

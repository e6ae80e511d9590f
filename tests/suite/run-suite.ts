import { type Denials, type Outcome, outcomeOf } from './outcome.js';
import { send, type Target } from './send.js';
import type { Loaded, SuiteCase } from './suite-case.js';
import { Tally } from './tally.js';

export interface RunOptions {
  readonly target: Target;
  readonly denials: Denials;
  /** Requests under way together. */
  readonly concurrency: number;
  /** For one request, from connecting to the head of the answer. */
  readonly timeoutMs: number;
  /** Requests at most; the rest of the suite is not read. */
  readonly limit: number;
  /** Told of every outcome that differs from what the suite expects, and of every error. */
  readonly onOdd?: (odd: OddOutcome) => void;
  readonly onProgress?: (sent: number) => void;
}

export interface OddOutcome {
  readonly id: string;
  readonly class: string;
  readonly zone: string;
  readonly expected: string;
  readonly outcome: Outcome;
  /** Status, or why there was none. */
  readonly answer: number | string;
}

export interface SuiteResult {
  readonly tally: Tally;
  /** Cases left out by the loader, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Errors by status, or by why there was none. */
  readonly errors: ReadonlyMap<string, number>;
  /** Requests that were sent once more, alone, because the proxy could not ask in time. */
  readonly repeated: number;
  /** Of answered requests, milliseconds, ascending. */
  readonly latencies: readonly number[];
}

/**
 * Sends every case of a suite, a bounded number at a time, and counts what became of them. What our own proxy answers
 * with a fault of its own (on a busy machine the firewall may be late) is sent once more, alone, at the end.
 */
export async function runSuite(
  cases: AsyncIterable<Loaded> | Iterable<Loaded>,
  options: RunOptions,
): Promise<SuiteResult> {
  const tally = new Tally();
  const skipped = new Map<string, number>();
  const latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  const errors = new Map<string, number>();
  const again: SuiteCase[] = [];
  const sendOne = async (one: SuiteCase, last: boolean): Promise<void> => {
    const answer = await send(options.target, one.bytes, options.timeoutMs);
    const outcome = outcomeOf(answer, options.denials);
    if (!last && outcome === 'error' && options.denials.ours && !('failed' in answer)) {
      again.push(one);
      return;
    }
    tally.add(one, outcome);
    if (!('failed' in answer)) latencies.push(answer.ms);
    const status = 'failed' in answer ? answer.failed : answer.status;
    if (outcome === 'error') errors.set(String(status), (errors.get(String(status)) ?? 0) + 1);
    if (outcome === 'error' || (one.expected !== 'unknown' && outcome !== one.expected)) {
      const { id, zone, expected } = one;
      options.onOdd?.({ id, class: one.class, zone, expected, outcome, answer: status });
    }
    options.onProgress?.(++sent);
  };
  let started = 0;
  for await (const one of cases) {
    if ('skipped' in one) {
      skipped.set(one.skipped, (skipped.get(one.skipped) ?? 0) + 1);
      continue;
    }
    if (started++ >= options.limit) break;
    const done: Promise<void> = sendOne(one, false).finally(() => underWay.delete(done));
    underWay.add(done);
    if (underWay.size >= options.concurrency) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  for (const one of again) await sendOne(one, true);
  latencies.sort((a, b) => a - b);
  return { tally, skipped, errors, repeated: again.length, latencies };
}

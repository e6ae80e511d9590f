import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Corridor, openCorridor, type Passage } from './corridor.js';
import { type FuzzMessage, makeMessage } from './message.js';
import { minimize } from './minimize.js';

export interface CampaignOptions {
  readonly seed: number;
  /** First index, and how many from there. */
  readonly from: number;
  readonly runs: number;
  /** Of the synchronous rooms for one message, the best of some tries: the proxy's deadline is 200 ms. */
  readonly timeLimitMs: number;
  /** Heap that may be held at a checkpoint beyond what was held at the first one. */
  readonly heapGrowthBytes: number;
  /** Messages between two looks at the heap; the first one warms caches up. */
  readonly checkpoint: number;
  readonly onFailure: (failure: Failure) => void;
  readonly onCheckpoint?: (progress: Progress) => void;
  /** Asked after each message; true ends the campaign in order. */
  readonly stopped?: () => boolean;
  /** Passes every n-th message through this corridor as well. */
  readonly second?: { readonly corridor: Corridor; readonly every: number };
}

export interface Failure {
  readonly index: number;
  readonly fault: string;
  readonly detail?: string;
  /** Smaller than what the index makes, and broken in the same way. */
  readonly message: FuzzMessage;
}

export interface Progress {
  /** Index of the next message. */
  readonly next: number;
  readonly failures: number;
  readonly outcomes: Readonly<Record<Passage['outcome'], number>>;
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** The slowest message, the best of some tries. */
  readonly slowest: { readonly index: number; readonly ms: number };
  /** Bytes of method, target, headers and bodies that went through. */
  readonly bytes: number;
}

/** Messages without a turn of the event loop. */
const TURN = 64;

/** A message is tried again this often before it counts as slow. */
const TRIES = 5;

/** Passes messages of consecutive indices through the corridor and holds each to the invariants. */
export async function fuzz(options: CampaignOptions): Promise<Progress> {
  const corridor = await openCorridor();
  const collectGarbage = exposeGarbageCollector();
  const outcomes = { allow: 0, deny: 0, rejected: 0 };
  let slowest = { index: -1, ms: 0 };
  let failures = 0;
  let bytes = 0;
  let baseline: number | undefined;
  const fail = async (index: number, message: FuzzMessage, { fault, detail }: Passage, road: Corridor) => {
    failures++;
    const same = async (smaller: FuzzMessage): Promise<boolean> => (await road.pass(smaller)).fault === fault;
    options.onFailure({ index, fault: fault!, detail, message: await minimize(message, same) });
  };
  const progress = (next: number): Progress => {
    const { heapUsed, rss } = process.memoryUsage();
    return { next, failures, outcomes, heapBytes: heapUsed, rssBytes: rss, slowest, bytes };
  };

  const end = options.from + options.runs;
  let index = options.from;
  for (; index < end && !options.stopped?.(); index++) {
    // As between two calls of a server: what was put off (closing handles, signals) has its turn.
    if (index % TURN === 0) await setImmediate();
    const message = makeMessage(options.seed, index);
    bytes += sizeOf(message);
    let passage = await corridor.pass(message);
    outcomes[passage.outcome]++;
    const notable = Math.min(slowest.ms, options.timeLimitMs);
    for (let left = TRIES; left > 0 && passage.ms > notable; left--) {
      const before = process.cpuUsage();
      const again = await corridor.pass(message);
      const { user, system } = process.cpuUsage(before);
      // Time in which this process ran at all: other programs take the processor too.
      const ms = Math.min(again.ms, (user + system) / 1000);
      if (ms < passage.ms) passage = { ...again, ms };
    }
    if (passage.ms > slowest.ms) slowest = { index, ms: passage.ms };
    if (passage.fault !== undefined) await fail(index, message, passage, corridor);
    else if (passage.ms > options.timeLimitMs) {
      failures++;
      options.onFailure({ index, fault: 'took too long', detail: `${passage.ms.toFixed(0)} ms`, message });
    }
    if (options.second !== undefined && index % options.second.every === 0) {
      const other = await options.second.corridor.pass(message);
      if (other.fault !== undefined) await fail(index, message, other, options.second.corridor);
    }
    if ((index + 1) % options.checkpoint === 0) {
      collectGarbage();
      const now = progress(index + 1);
      baseline ??= now.heapBytes;
      const growth = now.heapBytes - baseline;
      if (growth > options.heapGrowthBytes) {
        failures++;
        options.onFailure({ index, fault: 'held more and more memory', detail: `${growth} bytes`, message });
      }
      options.onCheckpoint?.(now);
    }
  }
  collectGarbage();
  return progress(index);
}

function sizeOf({ method, target, headers, body }: FuzzMessage): number {
  return headers.reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    method.length + target.length + body.length,
  );
}

function exposeGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

import type { CanonicalRequest } from '../canonicalize/canonical-request.js';
import { canonicalize } from '../canonicalize/canonicalize.js';
import type { Config } from '../config.js';
import { type Detector, openPipeline } from '../main.js';
import { ClientBook } from '../memory/client-book.js';
import { clientOf } from '../memory/client-of.js';
import { LearnedMemory } from '../memory/learned-memory.js';
import { Learner, type LessonOutcome } from '../memory/learner.js';
import type { Evicted } from '../memory/make-room.js';
import { DEFAULT_MEMORY_LIMITS } from '../memory/memory-limits.js';
import type { MemoryStore } from '../memory/memory-store.js';
import { namedClient } from '../memory/named-client.js';
import { SERVING, writeSnapshot } from '../memory/snapshot-folder.js';
import { redactSequence } from '../memory-redaction.js';
import { type ReadRequest, readRequests } from '../request/read-requests.js';
import type { Score } from '../score/score.js';
import { printJson } from './command.js';

const neverAborted = (): AbortSignal => new AbortController().signal;
const IN_FLIGHT = 32;

/** What to learn from, and by which rules. */
export interface LearnJob {
  readonly out: string;
  /** Null: nothing is scored. */
  readonly scoring: Scoring | null;
  /** The application's answers by request id; null: what the lines themselves say. */
  readonly statuses: ReadonlyMap<string, number> | null;
  /** What people call a source. */
  readonly nameOf: (source: string) => string;
  readonly canonicalizeLimits: Config['canonicalize'];
  /** Absent: as the quorum has it. */
  readonly keepFlagged?: boolean;
  readonly clientHeader: string | null;
  readonly redactNames: readonly string[];
}

/** `no_answer`: the statuses do not name it, so the application never saw it, or nobody knows. */
type Outcomes = Partial<Record<LessonOutcome | 'no_answer', number>>;

export type Scoring = (item: Extract<ReadRequest, { request: unknown }>) => Promise<Scored>;
interface Scored {
  readonly canonical: CanonicalRequest;
  readonly surprises: Float64Array | null;
  readonly flagged: boolean | null;
}

/** Scores through the corridor with the base model alone. */
export function scoringWith(config: Config, detector: Detector): Scoring {
  const results = new Map<string, { canonical: CanonicalRequest; score: Score | null }>();
  const pipeline = openPipeline(config, detector, {
    observe: (view, canonical, _verdict, score) => results.set(view.id, { canonical, score }),
    onInternalError: (error) => process.stderr.write(`normgate: ${(error as Error).stack}\n`),
  });
  let next = 0;
  return async ({ request }) => {
    // Ids of a log may repeat; these do not.
    const id = String(next++);
    await pipeline.inspect({ ...request.view, id }, neverAborted());
    const { canonical, score } = results.get(id)!;
    results.delete(id);
    const { thresholdRaw } = detector.scorer;
    const flagged = score === null ? null : score.surprises.some((surprise) => surprise >= thresholdRaw);
    return { canonical, surprises: score?.surprises ?? null, flagged };
  };
}

/**
 * Reads the sources, twice where they are scored, and writes the snapshot. What it learned goes to standard output, warnings
 * to standard error.
 *
 * @returns the exit code: 1 when nothing was learned, and then nothing is written.
 */
export async function learnCaptures(sources: string[], store: MemoryStore, job: LearnJob): Promise<number> {
  const started = performance.now();
  const { scoring, canonicalizeLimits } = job;
  const scored: Scoring =
    scoring ??
    (async ({ request }) => ({
      canonical: canonicalize(request.view, canonicalizeLimits),
      surprises: null,
      flagged: null,
    }));
  const who = ({ request }: Extract<ReadRequest, { request: unknown }>): string =>
    namedClient(request.view, job.clientHeader);
  // Who misbehaves late in the log must not have taught anything early in it: one pass to know them, one to learn.
  const book = new ClientBook();
  let bad = 0;
  if (scoring !== null) {
    for await (const [item, { flagged }] of inOrder(sources, scored, () => bad++)) {
      const client = who(item);
      if (client !== '') book.note(clientOf(client), flagged === true);
    }
    bad = 0;
  }
  const evicted: Evicted[] = [];
  const learner = new Learner(store, {
    redact: redactSequence(job.redactNames),
    maxSampleUnits: DEFAULT_MEMORY_LIMITS.maxSampleUnits,
    limits: DEFAULT_MEMORY_LIMITS,
    keepFlagged: job.keepFlagged,
    keepUnscored: scoring === null,
    book,
    onEvicted: (one) => evicted.push(one),
  });
  const outcomes: Outcomes = {};
  const count = (outcome: keyof Outcomes): void => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  /** Learned although nobody knows what the application answered. */
  let unanswered = 0;
  for await (const [item, { canonical, surprises, flagged }] of inOrder(sources, scored, ({ source, line, error }) => {
    bad++;
    process.stderr.write(`${job.nameOf(source)}:${line}: ${error}\n`);
  })) {
    const { view } = item.request;
    const status = job.statuses?.get(view.id) ?? item.request.status;
    if (job.statuses !== null && status === null) {
      count('no_answer');
      continue;
    }
    const outcome = learner.consider({
      host: view.host,
      client: who(item),
      time: view.time,
      fields: canonical.fields,
      ...(surprises !== null && { surprises }),
      status,
      flagged,
    });
    count(outcome);
    if (outcome === 'learned' && status === null) unanswered++;
  }
  learner.keepWithin();
  const { sizes, warnings } = summarize(learner.store, outcomes, unanswered);
  const nothing = outcomes.learned === undefined;
  // What serves must not be replaced by nothing.
  if (nothing) warnings.push(`nothing was learned, so ${job.out} stays as it is`);
  const file = nothing ? {} : writeSnapshot(job.out, SERVING, learner.store);
  for (const warning of warnings) process.stderr.write(`normgate: ${warning}\n`);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  await printJson({ ...file, ...sizes, requests: outcomes, badLines: bad, evicted: evicted.length, seconds });
  return nothing ? 1 : 0;
}

/** Requests with their scores, in the order of the files, several under way at once. */
async function* inOrder(
  sources: string[],
  score: Scoring,
  onBad: (bad: Extract<ReadRequest, { error: string }>) => void,
): AsyncGenerator<[Extract<ReadRequest, { request: unknown }>, Scored]> {
  const underWay: Promise<[Extract<ReadRequest, { request: unknown }>, Scored]>[] = [];
  for await (const item of readRequests(sources)) {
    if ('error' in item) {
      onBad(item);
      continue;
    }
    underWay.push(score(item).then((done) => [item, done]));
    if (underWay.length >= IN_FLIGHT) yield await underWay.shift()!;
  }
  while (underWay.length > 0) yield await underWay.shift()!;
}

/** Share of flagged requests from which the application, rather than an attacker, is the likely reason. */
const MANY_FLAGGED = 0.01;

function summarize(store: MemoryStore, outcomes: Outcomes, unanswered: number) {
  const sizes = new LearnedMemory(store).sizes();
  const warnings: string[] = [];
  const { clients, windows } = store.identity.quorum;
  if ((outcomes.no_client ?? 0) > 0) {
    warnings.push(
      `${outcomes.no_client} requests name no client, and the quorum asks for ${clients}: see --quorum and --client-header`,
    );
  }
  const { flagged = 0, learned = 0 } = outcomes;
  if (unanswered > 0) {
    warnings.push(
      `${unanswered} of ${learned} learned requests tell no status, so what the application refused was learned too: see ` +
        '--statuses',
    );
  }
  if (flagged > MANY_FLAGGED * (flagged + learned)) {
    warnings.push(
      `${flagged} requests were left out because the base model flags them. If they are benign, their fields will look ` +
        'plainer than they are: look at them with normgate score, then learn with --keep-flagged, or from a log that ' +
        'names clients under a quorum of several',
    );
  }
  if ((outcomes.learned ?? 0) > 0 && sizes.learnedFields === 0) {
    warnings.push(
      `no field reached the quorum of ${clients} clients in ${windows} windows: learn from a longer log, or see --quorum`,
    );
  }
  return { sizes, warnings };
}

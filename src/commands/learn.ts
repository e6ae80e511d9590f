import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CANONICALIZER_VERSION, type CanonicalRequest } from '../canonicalize/canonical-request.js';
import { canonicalize } from '../canonicalize/canonicalize.js';
import { type Config, loadConfig } from '../config.js';
import { ConfigError } from '../errors.js';
import { type Detector, loadDetector, openPipeline } from '../main.js';
import { ClientBook } from '../memory/client-book.js';
import { clientOf } from '../memory/client-of.js';
import { LearnedMemory } from '../memory/learned-memory.js';
import { Learner, type LessonOutcome } from '../memory/learner.js';
import type { Evicted } from '../memory/make-room.js';
import { DEFAULT_MEMORY_LIMITS } from '../memory/memory-limits.js';
import { MemoryStore } from '../memory/memory-store.js';
import { namedClient } from '../memory/named-client.js';
import { checkQuorum, DEFAULT_QUORUM, DEFAULT_WINDOW_MS, type Quorum } from '../memory/quorum.js';
import { readSnapshot, SERVING, writeSnapshot } from '../memory/snapshot-folder.js';
import { redactSequence } from '../memory-redaction.js';
import { type ReadRequest, readRequests } from '../request/read-requests.js';
import type { Score } from '../score/score.js';
import { type Command, printJson } from './command.js';
import { readStatuses } from './read-statuses.js';
import { withSpooled } from './spool.js';

const neverAborted = (): AbortSignal => new AbortController().signal;
const IN_FLIGHT = 32;
/** Nobody waits, and the surprise of a whole field takes all of its pieces. Settings of the operator's own override it. */
const NO_HURRY = ['--score.maxWindows=65536', '--score.maxQueueTokens=67108864'];

/** `normgate learn`: captures in, a field memory out. */
export const learnCommand: Command = {
  summary: 'learn what is normal in each field of each host from captured requests',
  usage: `normgate learn --captures PATH... --out DIR [--model DIR] [--quorum clients=3,windows=2] [--window SECONDS]
       [--statuses FILE] [--client-header NAME] [--drop-flagged | --keep-flagged] [--unscored] [--like DIR] [--section.key=value ...]

  PATH            JSON lines of requests (gzip accepted), or a folder of them; captures as they are, or the input of
                  normgate score with the optional keys client, time and status; - is standard input
  --out           folder to write memory.bin into; the service reads it with --memory.dir=DIR
  --quorum        how many distinct clients must have shown something, in how many windows of time, before it counts.
                  clients=1,windows=1 for logs that name no client, and only for logs that you trust
  --window        length of a window, default 3600
  --statuses      Envoy's access log as envoy/envoy.yaml has it written, or lines of {"id", "status"}: what the application
                  answered, which captures do not know. Requests that it does not name, or names with 400 and up, are left
                  out
  --client-header header whose last element is the client, where the peer is a proxy
  --drop-flagged  leave out what the base model flags, which is the default only where the quorum is one client; with
                  more, what is left out are the clients that stand out by it
  --keep-flagged  learn it under a quorum of one client too: for logs that you have looked through
  --unscored      do not score: faster, but no filter (needs --keep-flagged), and no field gets a ceiling
  --like          another memory whose hash key to take, so that the two can be merged`,

  async run(args) {
    const isSetting = (argument: string): boolean => /^--[A-Za-z]+\.[A-Za-z]+=/.test(argument);
    const { values, positionals } = parseArgs({
      args: args.filter((argument) => !isSetting(argument)),
      allowPositionals: true,
      options: {
        captures: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
        model: { type: 'string' },
        quorum: { type: 'string' },
        window: { type: 'string' },
        statuses: { type: 'string' },
        'client-header': { type: 'string' },
        'drop-flagged': { type: 'boolean', default: false },
        'keep-flagged': { type: 'boolean', default: false },
        unscored: { type: 'boolean', default: false },
        like: { type: 'string' },
      },
    });
    const sources = [...values.captures, ...positionals].flatMap(filesOf);
    if (sources.length === 0) throw problem('--captures', 'files or folders of requests', 'none');
    if (values.out === undefined) throw problem('--out', 'a folder', 'none');
    if (values.unscored && !values['keep-flagged'])
      throw problem('--unscored', '--keep-flagged with it, since nothing is filtered', 'none');
    if (values['drop-flagged'] && values['keep-flagged'])
      throw problem('--drop-flagged', 'one of it and --keep-flagged', 'both');
    const flags = [
      ...NO_HURRY,
      ...args.filter(isSetting),
      ...(values.model === undefined ? [] : [`--model=${values.model}`]),
      '--memory.dir=',
    ];
    const config = loadConfig({ env: process.env, flags: [...flags, '--score.cascade=false'] });
    const detector = await loadDetector(config);
    try {
      const statuses = values.statuses === undefined ? null : await readStatuses(values.statuses);
      if (!detector.hasViews) throw problem('--model', 'a bundle with a linear view', detector.modelId);
      const identity = {
        canonicalizerVersion: CANONICALIZER_VERSION,
        modelId: detector.modelId,
        quorum: parseQuorum(values.quorum),
        windowMs: parseWindow(values.window),
        key: values.like === undefined ? randomBytes(8) : readSnapshot(values.like, SERVING).store.identity.key,
      };
      const job = {
        out: values.out,
        scoring: values.unscored ? null : scoring(config, detector),
        statuses,
        canonicalizeLimits: config.canonicalize,
        ...(values['drop-flagged'] && { keepFlagged: false }),
        ...(values['keep-flagged'] && { keepFlagged: true }),
        clientHeader: values['client-header']?.toLowerCase() ?? null,
        redactNames: config.capture.redactNames,
      };
      // Scored sources are read twice.
      return await withSpooled(sources, (paths, nameOf) =>
        learnAll(paths, new MemoryStore(identity), { ...job, nameOf }),
      );
    } finally {
      await detector.close();
    }
  },
};

interface LearnJob {
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

type Scoring = (item: Extract<ReadRequest, { request: unknown }>) => Promise<Scored>;
interface Scored {
  readonly canonical: CanonicalRequest;
  readonly surprises: Float64Array | null;
  readonly flagged: boolean | null;
}

/** Scores through the corridor with the base model alone. */
function scoring(config: Config, detector: Detector): Scoring {
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

async function learnAll(sources: string[], store: MemoryStore, job: LearnJob): Promise<number> {
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

function filesOf(path: string): string[] {
  if (path === '-' || !existsSync(path) || !statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.jsonl?(?:\.gz)?$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function parseQuorum(text: string | undefined): Quorum {
  if (text === undefined) return DEFAULT_QUORUM;
  const match = /^clients=(\d{1,3}),windows=(\d{1,3})$/.exec(text);
  const quorum = { clients: Number(match?.[1] ?? Number.NaN), windows: Number(match?.[2] ?? Number.NaN) };
  try {
    checkQuorum(quorum);
  } catch {
    throw problem('--quorum', 'clients=N,windows=M with numbers from 1 to 8', text);
  }
  return quorum;
}

function parseWindow(text: string | undefined): number {
  if (text === undefined) return DEFAULT_WINDOW_MS;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1) throw problem('--window', 'whole seconds from 1 up', text);
  return seconds * 1000;
}

const problem = (key: string, expected: string, actual: string): ConfigError =>
  new ConfigError({ key, expected, actual });

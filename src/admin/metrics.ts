import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CanonicalRequest, LimitName, Oddity } from '../canonicalize/canonical-request.js';
import type { CaptureDropReason } from '../capture/capture.js';
import type { NotScoredReason, Verdict } from '../decide/verdict.js';
import { ERRORS, type ErrorCode } from '../errors.js';
import type { LearningOutcome } from '../memory/learning-thread.js';

/** Every label value there is. They are closed lists: text from outside never becomes a label. */
const ACTIONS: Record<Verdict['action'], true> = { allow: true, deny: true };
const REASONS: Record<Verdict['reason'], true> = { normal: true, anomaly: true, limit: true, not_scored: true };
const NOT_SCORED: Record<NotScoredReason, true> = {
  deadline: true,
  overloaded: true,
  cancelled: true,
  backend_failed: true,
  internal: true,
};
const LIMITS: Record<LimitName, true> = {
  body_bytes: true,
  fields: true,
  depth: true,
  decode_steps: true,
  value_bytes: true,
  windows: true,
  binary: true,
  content_encoding: true,
  cpu_time: true,
  proxy_truncated: true,
  secret: true,
  tunnel: true,
  trailers: true,
};
const ODDITIES: Record<Oddity, true> = {
  content_type_missing: true,
  content_type_wrong: true,
  content_type_repeated: true,
  charset: true,
  dtd: true,
  malformed: true,
};
const DROPS: Record<CaptureDropReason, true> = { queue_full: true, unwritable: true, internal: true };
const STAGES: Record<keyof Verdict['timings'], true> = {
  canonicalize: true,
  screen: true,
  tokenize: true,
  score: true,
  total: true,
};
const LOOKUPS: Record<'hit' | 'joined' | 'miss', true> = { hit: true, joined: true, miss: true };
const SCREENED: Record<'known' | 'settled' | 'open', true> = { known: true, settled: true, open: true };
const MEMORY_FIELDS: Record<'known' | 'judged' | 'fresh', true> = { known: true, judged: true, fresh: true };
const MEMORY_HOSTS: Record<'mature' | 'young' | 'unknown', true> = { mature: true, young: true, unknown: true };
const LESSONS: Record<LearningOutcome, true> = {
  learned: true,
  refused_by_application: true,
  flagged: true,
  client_misbehaves: true,
  not_scored: true,
  no_client: true,
  not_kept_up: true,
};
const EVICTED: Record<'hosts' | 'fields' | 'values', true> = { hosts: true, fields: true, values: true };

const names = <Name extends string>(table: Record<Name, true>) => Object.keys(table) as Name[];

/** From 20 µs, a fully cached request, to 1 s, five times Envoy's default timeout. */
const SECONDS = [2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.2, 0.5, 1];

/** Prometheus metrics. Its methods are what the rooms call through their hooks; none of them throws. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly registers = [this.registry];

  private readonly checks = this.counter('checks_total', 'Checks answered with a verdict.', ['action', 'reason']);
  private readonly notScored = this.counter('not_scored_total', 'Checks that could not be scored.', ['reason']);
  private readonly failures = this.counter(
    'check_failures_total',
    "Checks that the corridor did not answer; the proxy's failure mode may have let them pass.",
    ['code'],
  );
  private readonly stages = new Histogram({
    name: 'normgate_stage_seconds',
    help: 'Time spent in each stage of a check.',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers: this.registers,
  });
  private readonly answers = this.histogram('check_seconds', 'Time from a whole Check to its answer.', SECONDS);
  private readonly scores = this.histogram(
    'score',
    'Calibrated scores; 0.5 is the threshold.',
    [0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 0.95, 1],
  );
  private readonly batchWindows = this.histogram(
    'batch_windows',
    'Windows in one batch.',
    [1, 2, 4, 8, 16, 32, 64, 128],
  );
  private readonly batchTokens = this.histogram(
    'batch_tokens',
    'Padded tokens in one batch.',
    [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
  );
  private readonly batchWait = this.histogram(
    'batch_wait_seconds',
    'How long the oldest window of a batch waited.',
    SECONDS,
  );
  private readonly queue = this.gauge('queue_tokens', 'Tokens waiting for a worker.');
  private readonly lookups = this.counter(
    'cache_lookups_total',
    'Field scores looked up; joined ones were being computed.',
    ['result'],
  );
  private readonly screened = this.counter(
    'screened_fields_total',
    'Fields: known values, settled by the linear view, or left open to the Transformer.',
    ['result'],
  );
  private readonly screenedRequests = this.counter(
    'screened_requests_total',
    'Requests: all fields known values, settled by the linear view, or with a field left open to the Transformer.',
    ['result'],
  );
  private readonly memoryFields = this.counter(
    'memory_fields_total',
    "Fields on hosts with a history: known values, judged by their field's own history, or of a field that is new.",
    ['use'],
  );
  private readonly memoryHosts = this.counter(
    'memory_requests_total',
    'Requests by what is known of their host: enough for its own threshold, something, or nothing.',
    ['host'],
  );
  private readonly memorySize = this.gauge('memory_size', 'What the memory that serves holds.', ['kind']);
  private readonly memoryLoads = this.counter('memory_loads_total', 'Snapshots loaded and refused.', ['result']);
  private readonly lessons = this.counter('memory_lessons_total', 'Requests in mode learn, by what became of them.', [
    'outcome',
  ]);
  private readonly memoryEvicted = this.counter(
    'memory_evicted_total',
    'What the staging memory had to give up to stay within its limits.',
    ['kind'],
  );
  private readonly limits = this.counter('limit_total', 'Requests in which a limit bit.', ['limit']);
  private readonly uninspected = this.counter(
    'uninspected_bytes_total',
    'Bytes received and not inspected, by the limit that left them.',
    ['reason'],
  );
  private readonly oddities = this.counter('oddities_total', 'Requests that are not what they claim to be.', ['kind']);
  private readonly captured = this.counter('capture_written_total', 'Requests captured to disk.');
  private readonly capturedBytes = this.counter('capture_written_bytes_total', 'Compressed bytes captured to disk.');
  private readonly captureDrops = this.counter('capture_dropped_total', 'Requests that capture lost.', ['reason']);
  private readonly captureErrors = this.counter('capture_errors_total', 'Failed writes of capture.');
  private readonly logDrops = this.counter('log_dropped_total', 'Log lines lost to a slow reader.');
  private readonly workerExits = this.counter('worker_exits_total', 'Scoring workers that died and were replaced.');
  private readonly model = this.gauge('model_info', 'The model in use and where it runs; always 1.', [
    'model_id',
    'provider',
  ]);
  private readonly fallbacks = this.counter(
    'provider_fallback_total',
    'Starts on another provider than the configured one.',
  );

  /** @param build Version of the program, as shown by `normgate --version`. */
  constructor(build: { readonly version: string }) {
    collectDefaultMetrics({ register: this.registry });
    this.gauge('build_info', 'The running program; always 1.', ['version', 'node']).set(
      { version: build.version, node: process.version },
      1,
    );
    // Series that exist from the start: a rate over one that appears with its first event misses that event.
    for (const action of names(ACTIONS)) for (const reason of names(REASONS)) this.checks.inc({ action, reason }, 0);
    for (const reason of names(NOT_SCORED)) this.notScored.inc({ reason }, 0);
    for (const code of Object.keys(ERRORS)) this.failures.inc({ code }, 0);
    for (const limit of names(LIMITS)) {
      this.limits.inc({ limit }, 0);
      this.uninspected.inc({ reason: limit }, 0);
    }
    for (const kind of names(ODDITIES)) this.oddities.inc({ kind }, 0);
    for (const reason of names(DROPS)) this.captureDrops.inc({ reason }, 0);
    for (const use of names(MEMORY_FIELDS)) this.memoryFields.inc({ use }, 0);
    for (const host of names(MEMORY_HOSTS)) this.memoryHosts.inc({ host }, 0);
    for (const result of ['loaded', 'refused']) this.memoryLoads.inc({ result }, 0);
    for (const outcome of names(LESSONS)) this.lessons.inc({ outcome }, 0);
    for (const kind of names(EVICTED)) this.memoryEvicted.inc({ kind }, 0);
    for (const result of names(LOOKUPS)) this.lookups.inc({ result }, 0);
    for (const result of names(SCREENED)) {
      this.screened.inc({ result }, 0);
      this.screenedRequests.inc({ result }, 0);
    }
  }

  /** For the admin server. */
  async render(): Promise<{ body: string; contentType: string }> {
    return { body: await this.registry.metrics(), contentType: this.registry.contentType };
  }

  /** A number read at each scrape, such as the Checks in flight. */
  watch(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name: `normgate_${name}`,
      help,
      registers: this.registers,
      collect: () => gauge.set(read()),
    });
  }

  readonly onVerdict = (canonical: CanonicalRequest, verdict: Verdict): void => {
    const { memory } = verdict;
    this.checks.inc({ action: verdict.action, reason: verdict.reason });
    if (verdict.notScored !== undefined) this.notScored.inc({ reason: verdict.notScored });
    if (verdict.score !== null) this.scores.observe(verdict.score);
    for (const stage of names(STAGES)) this.stages.observe({ stage }, verdict.timings[stage] / 1000);
    this.memoryHosts.inc({ host: memory === undefined ? 'unknown' : memory.mature ? 'mature' : 'young' });
    if (memory !== undefined) for (const use of names(MEMORY_FIELDS)) this.memoryFields.inc({ use }, memory[use]);
    for (const limit of canonical.limits) this.limits.inc({ limit });
    for (const [reason, bytes] of canonical.uninspected ?? []) this.uninspected.inc({ reason }, bytes);
    for (const kind of canonical.oddities ?? []) this.oddities.inc({ kind });
  };

  readonly onFailure = (code: ErrorCode): void => this.failures.inc({ code });
  readonly onAnswered = (milliseconds: number): void => this.answers.observe(milliseconds / 1000);

  readonly onBatch = (batch: { windows: number; tokens: number; waitMs: number }): void => {
    this.batchWindows.observe(batch.windows);
    this.batchTokens.observe(batch.tokens);
    this.batchWait.observe(batch.waitMs / 1000);
  };

  readonly onQueueDepth = (tokens: number): void => this.queue.set(tokens);

  readonly onLookup = (lookup: { hits: number; joined: number; misses: number }): void => {
    if (lookup.hits > 0) this.lookups.inc({ result: 'hit' }, lookup.hits);
    if (lookup.joined > 0) this.lookups.inc({ result: 'joined' }, lookup.joined);
    if (lookup.misses > 0) this.lookups.inc({ result: 'miss' }, lookup.misses);
  };

  readonly onScreened = ({ fields, known, open }: { fields: number; known: number; open: number }): void => {
    this.screened.inc({ result: 'known' }, known);
    this.screened.inc({ result: 'settled' }, fields - known - open);
    this.screened.inc({ result: 'open' }, open);
    this.screenedRequests.inc({ result: open > 0 ? 'open' : known === fields && fields > 0 ? 'known' : 'settled' });
  };

  readonly onMemory = (sizes: { hosts: number; fields: number; values: number }): void => {
    for (const kind of names(EVICTED)) this.memorySize.set({ kind }, sizes[kind]);
    this.memoryLoads.inc({ result: 'loaded' });
  };

  readonly onMemoryRefused = (): void => this.memoryLoads.inc({ result: 'refused' });
  readonly onLesson = (outcome: LearningOutcome, count: number): void => this.lessons.inc({ outcome }, count);

  readonly onMemoryEvicted = (evicted: Record<keyof typeof EVICTED, number>): void => {
    for (const kind of names(EVICTED)) this.memoryEvicted.inc({ kind }, evicted[kind]);
  };

  readonly onCaptureWritten = (batch: { records: number; bytes: number }): void => {
    this.captured.inc(batch.records);
    this.capturedBytes.inc(batch.bytes);
  };

  readonly onCaptureDropped = (reason: CaptureDropReason, records: number): void =>
    this.captureDrops.inc({ reason }, records);

  readonly onCaptureError = (): void => this.captureErrors.inc();
  readonly onLogDropped = (): void => this.logDrops.inc();
  readonly onWorkerExit = (): void => this.workerExits.inc();
  readonly onProviderFallback = (): void => this.fallbacks.inc();

  /** Replaces what was said before, so that a model swap leaves one series. */
  readonly onModel = (modelId: string, provider: string): void => {
    this.model.reset();
    this.model.set({ model_id: modelId, provider }, 1);
  };

  private counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: `normgate_${name}`, help, labelNames, registers: this.registers });
  }

  private gauge<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name: `normgate_${name}`, help, labelNames, registers: this.registers });
  }

  private histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name: `normgate_${name}`, help, buckets, registers: this.registers });
  }
}

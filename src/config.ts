import { z } from 'zod';
import { mergeSources, type RawConfig } from './config-sources.js';
import { ConfigError, type ConfigProblem } from './errors.js';
import { LISTEN_SYNTAX, parseListenAddress } from './listen-address.js';
import { DEFAULT_QUORUM, DEFAULT_WINDOW_MS, MAX_QUORUM } from './memory/quorum.js';
import { printable } from './printable.js';

/** The message of every issue is what was expected, so that an error needs no translation from the validator's terms. */
const says = (expected: string) => ({ error: expected });

function between(low: number, high: number, initial: number) {
  const expected = `a number from ${low} to ${high}`;
  return z.number(says(expected)).min(low, says(expected)).max(high, says(expected)).default(initial);
}

function count(low: number, high: number, initial: number) {
  const expected = `an integer from ${low} to ${high}`;
  return z.int(says(expected)).min(low, says(expected)).max(high, says(expected)).default(initial);
}

function choice<const T extends readonly [string, ...string[]]>(values: T, initial: NoInfer<T[number]>) {
  return z.enum(values, says(`one of ${values.join(', ')}`)).default(initial as never);
}

function text(expected: string) {
  return z.string(says(expected)).min(1, says(expected)).max(4096, says(expected));
}

const flag = (initial: boolean) => z.boolean(says('true or false')).default(initial);
const address = (initial: string) =>
  z
    .string(says(LISTEN_SYNTAX))
    .refine((value) => parseListenAddress(value) !== null, says(LISTEN_SYNTAX))
    .default(initial);

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, says('a mapping of keys to values')).prefault({} as never);
}

/** Denying would hit uploads and pages of honest users; the rest was scored, and what was not is counted. */
const onLimit = () => choice(['score-what-was-seen', 'allow', 'deny'], 'score-what-was-seen');
const budget = 'a number above 0 and below 0.5, or null for the budget of the model bundle';
const KIB = 1024;
const MIB = 1024 * KIB;

/** Every key, its default and the reason for it. Sizes are bytes, times milliseconds, shares 0 to 1. */
export const configSchema = section({
  /**
   * `monitor` logs what it would deny, `enforce` denies, `learn` passes everything like `monitor` and fills the staging
   * memory. Nobody should start by blocking their users.
   */
  mode: choice(['monitor', 'enforce', 'learn'], 'monitor'),
  /** Directory of a model bundle. Null: the one shipped with this version. */
  model: text('a directory, or null for the shipped model').nullable().default(null),
  /** Share of benign requests that may be denied. Null: what the bundle was calibrated for. */
  falsePositiveBudget: z.number(says(budget)).gt(0, says(budget)).lt(0.5, says(budget)).nullable().default(null),
  /** A request that could not be scored in time: the proxy's own failure mode decides, so there is one place to set it. */
  notScored: choice(['failure-mode', 'allow', 'deny'], 'failure-mode'),

  grpc: section({
    /** Loopback: nobody but the sidecar's own proxy has any business here. */
    listen: address('127.0.0.1:9191'),
    /** Must equal the proxy's `max_request_bytes`: a body of exactly this size counts as truncated. */
    maxRequestBytes: count(KIB, 64 * MIB, MIB),
    /** Room for headers in one Check. Envoy takes 60 KiB of headers by default, and joins them into a message of about twice that. */
    headerAllowanceBytes: count(64 * KIB, 16 * MIB, MIB),
    /** Checks in flight together; at the default, over a hundred of the largest kind. More are answered as overloaded. */
    maxInFlightBytes: count(MIB, 16 * KIB * MIB, 128 * MIB),
    /** Normal service after SIGTERM with health NOT_SERVING: two rounds of a 1 s health check and some. */
    drainMs: count(0, 600_000, 2500),
    /** For callers that send no `grpc-timeout`; Envoy always does, 200 ms by default. */
    defaultDeadlineMs: count(1, 60_000, 1000),
  }),

  admin: section({
    /** Metrics and probes. Loopback; set 0.0.0.0 where a collector on another host must reach it. */
    listen: address('127.0.0.1:8181'),
  }),

  canonicalize: section({
    /** Body bytes inspected, after undoing Content-Encoding too. The proxy hands over at most as many. */
    maxBodyBytes: count(KIB, 64 * MIB, MIB),
    /** Fields kept apart; the rest is joined and still scored. PHP stops at 1,000 parameters, forms rarely have 100. */
    maxFields: count(1, 65_536, 512),
    /** Nesting of JSON and of values inside values. */
    maxDepth: count(1, 256, 16),
    /** Rounds of decoding one value. Real traffic needs at most 3. */
    maxDecodeSteps: count(1, 64, 8),
    /** Bytes of one value read; head and tail of a longer one are kept. */
    maxValueBytes: count(256, 64 * MIB, 64 * KIB),
    /** CPU time for reading one request. An honest body of 1 MiB takes half of it at most; the proxy waits 200 ms. */
    maxCpuMs: count(1, 60_000, 100),
  }),

  /** What a limit means for the verdict when it bites: docs/INSPECTION.md. The strictest of those that bit counts. */
  onLimit: section({
    bodyBytes: onLimit(),
    fields: onLimit(),
    depth: onLimit(),
    decodeSteps: onLimit(),
    valueBytes: onLimit(),
    windows: onLimit(),
    binary: onLimit(),
    contentEncoding: onLimit(),
    cpuTime: onLimit(),
    proxyTruncated: onLimit(),
    secret: onLimit(),
    tunnel: onLimit(),
    trailers: onLimit(),
  }),

  score: section({
    /** Where the Transformer runs. `auto` is the CPU unless a GPU provider is installed. */
    provider: choice(['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu'], 'auto'),
    /** Threads that each run one batch at a time. One is enough for a sidecar, and leaves a core to the proxy. */
    workers: count(1, 64, 1),
    /** Threads within one run. Windows are short: a second thread costs more than it gives. */
    intraOpThreads: count(1, 64, 1),
    /** Tokens in one batch: about 3 ms of the tiny model on one core, so that nobody waits long behind it. More for a GPU. */
    maxBatchTokens: count(64, MIB, 512),
    /** Tokens waiting for a worker: about 200 ms of work, Envoy's default timeout. More are refused as overloaded. */
    maxQueueTokens: count(64, 64 * MIB, 32_768),
    /** Field scores remembered; repeats are most of real traffic. About 400 bytes each. */
    cacheEntries: count(2, 10_000_000, 65_536),
    /**
     * Windows of one request that the Transformer judges, 20 at a time, the oddest first, until one decides; what else is
     * open counts as not inspected and cannot decide. All of them take about 70 ms of the shipped model on one core (0.42
     * ms for the 45 tokens of a usual piece), a third of what Envoy waits, and other requests have their turns between.
     * Fewer let that many odd but harmless values hide a payload. Of 68,000 real requests 374 have more than 20 open, two
     * more than 160, which the first 20 deny; no decision differs. With the cascade off every piece needs one: raise it, or
     * long requests are cut short.
     */
    maxWindows: count(1, 65_536, 160),
    /** Ask the Transformer only about pieces that it can still push over the threshold. Decisions are the same without. */
    cascade: flag(true),
    /** Fields named in a verdict, worst first. */
    topFields: count(1, 100, 3),
  }),

  /** What is normal on each host: docs/MEMORY.md. */
  memory: section({
    /** Folder of the snapshot. Null: no memory. */
    dir: text('a directory, or null').nullable().default(null),
    /** How often the folder is looked at for another snapshot, beside SIGHUP. One call of stat. */
    reloadMs: count(100, 3_600_000, 5000),
    /** In mode `learn`: distinct clients that must show something before it counts as normal. */
    quorumClients: count(1, MAX_QUORUM, DEFAULT_QUORUM.clients),
    /** And distinct windows of time in which they must. */
    quorumWindows: count(1, MAX_QUORUM, DEFAULT_QUORUM.windows),
    windowMs: count(1000, 366 * 86_400_000, DEFAULT_WINDOW_MS),
    /** Header whose last element is the client, written by a proxy in front of this one. Null: the peer of this proxy. */
    clientHeader: text('a header name, or null').toLowerCase().nullable().default(null),
    /** Most that the staging memory holds; the least useful goes first. Twice the fields that a large application has. */
    maxFields: count(100, 10_000_000, 50_000),
    /** 35 MiB. Making room copies what stays, which takes the learning thread 0.6 s at this size. */
    maxValues: count(1000, 50_000_000, 1_000_000),
    maxHosts: count(1, 1_000_000, 1000),
    /** How often the staging memory is written: what a crash loses. */
    saveMs: count(1000, 86_400_000, 60_000),
    /** Requests that may wait to be learned; further ones are left out and counted. A second of a busy host. */
    maxWaiting: count(1, 1_000_000, 2000),
  }),

  log: section({
    level: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
    /** Share of allowed requests in the decision log; denials are always there. */
    sampleAllow: between(0, 1, 1),
  }),

  capture: section({
    /** Off: requests hold personal data even after redaction, so keeping them is a decision. */
    enabled: flag(false),
    /** Where the files go; created when missing. */
    dir: text('a directory, or null').nullable().default(null),
    /** Compressed size at which a new file begins. */
    maxFileBytes: count(4 * KIB, 16 * KIB * MIB, 64 * MIB),
    /** Files kept; the oldest goes first. With the default size, 1.3 GB. */
    maxFiles: count(1, 100_000, 20),
    /** Requests waiting to be written; more are dropped and counted. */
    maxQueueBytes: count(64 * KIB, 16 * KIB * MIB, 16 * MIB),
    /** Bytes of each body kept: the start says most about what is normal. */
    bodyBytes: count(0, 64 * MIB, 64 * KIB),
    /** Share of allowed requests kept; denials are always kept. */
    sample: between(0, 1, 1),
    /** Parameter, cookie and header names to redact beside the built-in ones. */
    redactNames: z.array(text('a name'), says('a list of names')).max(1000, says('at most 1000 names')).default([]),
  }),
});

export type Config = z.output<typeof configSchema>;

/** Where settings come from; each overrides the ones before it: defaults, file, environment, flags. */
export interface ConfigSources {
  /** `NORMGATE_CONFIG` names the file, `NORMGATE_SECTION_KEY` sets `section.key`. Other variables are ignored. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `--config=FILE` and `--section.key=value`, nothing else. */
  readonly flags?: readonly string[];
}

/**
 * The effective configuration.
 *
 * @throws ConfigError naming every problem with key, expectation and value.
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const raw = mergeSources(sources, configSchema);
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.flatMap((issue) => toProblems(issue, raw)));
  const contradictions = findContradictions(parsed.data);
  if (contradictions.length > 0) throw new ConfigError(contradictions);
  return parsed.data;
}

/** The effective configuration for people and for diffing: JSON, two spaces, every key. */
export function describe(config: Config): string {
  return JSON.stringify(config, null, 2);
}

function toProblems(issue: z.core.$ZodIssue, raw: RawConfig): ConfigProblem[] {
  const key = issue.path.join('.');
  const value = issue.path.reduce<unknown>((node, step) => (node as Record<PropertyKey, unknown>)?.[step], raw);
  if (issue.code !== 'unrecognized_keys')
    return [{ key: key || 'config', expected: issue.message, actual: show(value) }];
  return issue.keys.map((name) => ({
    key: printable(key === '' ? name : `${key}.${name}`),
    expected: 'a key that exists',
    actual: show((value as Record<string, unknown>)[name]),
  }));
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : printable(JSON.stringify(value) ?? String(value));
}

/** Values that are fine alone and wrong together. */
function findContradictions(config: Config): ConfigProblem[] {
  const { grpc, admin, canonicalize, score, capture, memory } = config;
  const largestCheck = grpc.maxRequestBytes + grpc.headerAllowanceBytes;
  const rules: [wrong: boolean, key: string, expected: string, actual: unknown][] = [
    [
      grpc.maxInFlightBytes < largestCheck,
      'grpc.maxInFlightBytes',
      `at least grpc.maxRequestBytes + grpc.headerAllowanceBytes = ${largestCheck}, or the largest request is always refused`,
      grpc.maxInFlightBytes,
    ],
    [
      grpc.listen === admin.listen && !grpc.listen.endsWith(':0'),
      'admin.listen',
      'another address than grpc.listen',
      admin.listen,
    ],
    [
      canonicalize.maxValueBytes > canonicalize.maxBodyBytes,
      'canonicalize.maxValueBytes',
      `at most canonicalize.maxBodyBytes = ${canonicalize.maxBodyBytes}`,
      canonicalize.maxValueBytes,
    ],
    [
      score.maxQueueTokens < score.maxBatchTokens,
      'score.maxQueueTokens',
      `at least score.maxBatchTokens = ${score.maxBatchTokens}, or no batch ever fills`,
      score.maxQueueTokens,
    ],
    [config.mode === 'learn' && memory.dir === null, 'memory.dir', 'a directory, because mode is learn', memory.dir],
    [
      capture.enabled && capture.dir === null,
      'capture.dir',
      'a directory, because capture.enabled is true',
      capture.dir,
    ],
    [
      capture.bodyBytes > grpc.maxRequestBytes,
      'capture.bodyBytes',
      `at most grpc.maxRequestBytes = ${grpc.maxRequestBytes}, since no more ever arrives`,
      capture.bodyBytes,
    ],
    [
      capture.enabled && capture.maxQueueBytes < largestCheck,
      'capture.maxQueueBytes',
      `at least grpc.maxRequestBytes + grpc.headerAllowanceBytes = ${largestCheck}, or large requests are never kept`,
      capture.maxQueueBytes,
    ],
  ];
  return rules.filter(([wrong]) => wrong).map(([, key, expected, actual]) => ({ key, expected, actual: show(actual) }));
}

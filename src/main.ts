import type { Logger } from 'pino';
import { AdminServer } from './admin/admin-server.js';
import { Metrics } from './admin/metrics.js';
import { Readiness } from './admin/readiness.js';
import { Capture } from './capture/capture.js';
import type { Config } from './config.js';
import { decisionLog } from './decision-log.js';
import { detectorHooks } from './detector-hooks.js';
import { ConfigError } from './errors.js';
import { createLog } from './log.js';
import { LearningThread } from './memory/learning-thread.js';
import { DEFAULT_MEMORY_LIMITS } from './memory/memory-limits.js';
import { ServedMemory, type ServedMemoryOptions } from './memory/served-memory.js';
import { shippedModel, version } from './own-files.js';
import { Pipeline, type Rooms } from './pipeline.js';
import { Batcher, type BatcherOptions } from './score/batcher.js';
import { type Bundle, BundleError, loadBundle } from './score/bundle.js';
import { ScoreCache } from './score/cache.js';
import { Calibration } from './score/calibration.js';
import { CombineRule } from './score/combine.js';
import { HostCalibrations } from './score/host-calibrations.js';
import { LinearView } from './score/linear-view.js';
import type { Manifest } from './score/manifest.js';
import { MemoryView } from './score/memory-view.js';
import { loadNgramModel } from './score/ngram-file.js';
import { OnnxBackend, type OnnxBackendOptions } from './score/onnx-backend.js';
import { Scorer, type ScorerOptions } from './score/scorer.js';
import { TransformerView, type TransformerViewOptions } from './score/transformer-view.js';
import { Tokenizer } from './tokenize/tokenizer.js';
import { GrpcServer } from './transport/grpc-server.js';
import { watchMemory } from './watch-memory.js';

/** Everything between canonical text and a score, loaded and proven; what `serve` and `score` share. */
export interface Detector {
  readonly modelId: string;
  /** Share of benign requests that may be denied. */
  readonly budget: number;
  readonly tokenizer: Tokenizer;
  readonly scorer: Scorer;
  readonly backend: OnnxBackend;
  /** What is normal on each host; absent where no folder is configured. */
  readonly memory?: ServedMemory;
  /** Whether raw scores are combined surprises, which is what a memory's ceilings are. */
  readonly hasViews: boolean;
  close(): Promise<void>;
}

/** How the detector explains itself, and what a service wants to be told while it works; all optional. */
export type DetectorOptions = Pick<ScorerOptions, 'spanFloor' | 'onScreened' | 'showKnown'> &
  Pick<ServedMemoryOptions, 'onLoaded' | 'onRefused'> &
  Pick<OnnxBackendOptions, 'onProvider' | 'onProviderFallback' | 'onWorkerExit'> &
  Pick<BatcherOptions, 'onBatch' | 'onQueueDepth'> &
  Pick<TransformerViewOptions, 'onLookup'>;

/**
 * Loads the model bundle and builds the rooms around it.
 *
 * @throws BundleError, ConfigError when the bundle or the budget cannot be used.
 */
export async function loadDetector(config: Config, options: DetectorOptions = {}): Promise<Detector> {
  const bundle = await loadBundle(config.model ?? shippedModel());
  const { manifest } = bundle;
  const calibration = new Calibration(manifest.calibration);
  const budget = config.falsePositiveBudget ?? manifest.falsePositiveBudget;
  assertShown(budget, calibration, '');
  const memory = memoryOf(config, manifest, budget, options);
  const tokenizer = Tokenizer.load(bundle.tokenizerPath, manifest.window, manifest.architecture.vocabSize);
  const { provider, workers, intraOpThreads, maxBatchTokens, maxQueueTokens, cacheEntries, cascade, topFields } =
    config.score;
  const backend = new OnnxBackend({
    modelPath: bundle.modelPath,
    runTokens: manifest.pooling.tokens,
    provider,
    workers,
    intraOpThreads,
    ...options,
  });
  const batcher = new Batcher({
    infer: (windows) => backend.infer(windows),
    concurrency: workers,
    maxBatchTokens,
    maxQueuedTokens: maxQueueTokens,
    ...options,
  });
  const view = new TransformerView({
    cache: new ScoreCache(manifest.id, cacheEntries),
    submit: (jobs) => batcher.submit(jobs),
    onLookup: options.onLookup,
  });
  const scorer = new Scorer({
    modelId: manifest.id,
    view,
    // Learning needs every field's surprise, so nothing is left out then.
    second: secondView(bundle, cascade && config.mode !== 'learn', memory?.view),
    calibration,
    hosts: manifest.hosts && new HostCalibrations(manifest.hosts, budget, manifest.views?.surpriseBound),
    budget,
    topFields,
    spanFloor: options.spanFloor,
    spanOf: (text, ordinal, from, to) => tokenizer.spanOf(text, ordinal, from, to),
    onScreened: options.onScreened,
    showKnown: options.showKnown,
  });
  await backend.load();
  const close = async (): Promise<void> => {
    batcher.close();
    await backend.close();
  };
  const hasViews = manifest.views !== undefined;
  return { modelId: manifest.id, budget, tokenizer, scorer, backend, memory: memory?.served, hasViews, close };
}

/** @throws ConfigError when the sample behind a calibration is too small for the budget. */
function assertShown(budget: number, { smallestBudget }: Calibration, how: string): void {
  if (budget >= smallestBudget) return;
  const expected = `at least ${smallestBudget.toPrecision(3)}, all that the model's held-out sample can show${how}`;
  throw new ConfigError({ key: 'falsePositiveBudget', expected, actual: String(budget) });
}

/**
 * Memory as configured, loaded.
 *
 * @throws ConfigError when the bundle cannot go with one, MemoryError when it is refused and `onRefused` is not given.
 */
function memoryOf(config: Config, manifest: Manifest, budget: number, options: DetectorOptions) {
  const { dir } = config.memory;
  if (dir === null) return undefined;
  if (manifest.memory === undefined || manifest.views === undefined) {
    const expected = `null, because model ${manifest.id} was calibrated without field memory (trainer calibrate adds it)`;
    throw new ConfigError({ key: 'memory.dir', expected, actual: dir });
  }
  const calibration = new Calibration(manifest.memory);
  assertShown(budget, calibration, ' with memory');
  const { onLoaded, onRefused } = options;
  const served = new ServedMemory({ dir, modelId: manifest.id, onLoaded, onRefused });
  served.load();
  const { rule, matureFrom } = manifest.memory;
  return { served, view: new MemoryView({ rule, matureFrom, calibration, current: served.current }) };
}

/** The linear view of a bundle that has one. @throws BundleError when its windows do not make up the pieces. */
function secondView(
  { directory, manifest: { views }, ngramPath }: Bundle,
  cascade: boolean,
  memory: MemoryView | undefined,
): ScorerOptions['second'] {
  if (views === undefined || ngramPath === undefined) return undefined;
  const { pieces } = views;
  const linear = new LinearView(loadNgramModel(ngramPath));
  const { units, stride } = linear.pieceShape;
  if (pieces.units !== units || pieces.stride !== stride) {
    const expected = `${units} units and a stride of ${stride}, twice the window and stride of ngram.bin`;
    throw new BundleError(`${directory}/manifest.json: views.pieces`, expected, JSON.stringify(pieces));
  }
  return { linear, pieces, rule: new CombineRule(views), cascade, memory };
}

/** While it learns, the Transformer judges every piece, not only what may be denied: about 12 KB of text within 100 ms. */
const LEARNING_WINDOWS = 256;

/** The corridor over a loaded detector, with whoever watches it. */
export function openPipeline(
  config: Config,
  detector: Detector,
  watchers: Pick<Rooms, 'observe' | 'onInternalError'>,
): Pipeline {
  const { maxWindows } = config.score;
  return new Pipeline({
    mode: config.mode,
    limits: config.canonicalize,
    onLimit: config.onLimit,
    tokenizer: detector.tokenizer,
    scorer: detector.scorer,
    modelId: detector.modelId,
    maxWindows: config.mode === 'learn' ? Math.max(maxWindows, LEARNING_WINDOWS) : maxWindows,
    ...watchers,
  });
}

/** How often the scoring workers are looked at; a proxy's health check asks about as often. */
const BACKEND_WATCH_MS = 500;

/** A running service. */
export interface Service {
  /** Drains: the proxy is told first, calls in flight end, then captures and logs reach the disk. */
  stop(): Promise<void>;
}

/**
 * Builds and starts the whole service.
 *
 * @throws BundleError, ConfigError when something that was configured cannot be used; nothing is left running then.
 */
export async function startService(config: Config): Promise<Service> {
  const metrics = new Metrics({ version: version() });
  const { logger, close: closeLog } = createLog({ level: config.log.level, onDropped: metrics.onLogDropped });
  const stops: (() => Promise<void>)[] = [closeLog];
  const stop = async (): Promise<void> => {
    for (const stopOne of stops.splice(0).reverse()) await stopOne();
  };
  const readiness = new Readiness(['model', 'backend', 'memory', 'grpc'], (ready) => {
    grpc?.health.setServing(ready);
    logger.info({ ready }, 'readiness');
  });
  let grpc: GrpcServer | undefined;
  let learning: LearningThread | undefined;
  try {
    const admin = new AdminServer({
      listen: config.admin.listen,
      metrics: () => metrics.render(),
      readiness: () => readiness.report(),
      learning: async () => learning?.report(),
      onError: (err) => logger.error({ err }, 'admin request failed'),
    });
    const adminAddress = await admin.start();
    stops.push(() => admin.stop());

    // Never unmet: without memory the service still judges, and out of the proxy's rotation it would judge nothing.
    const onMemory = (detail: string): void => readiness.set('memory', true, detail);
    onMemory(config.memory.dir === null ? 'none configured' : 'none there yet');
    const detector = await loadDetector(config, detectorHooks(metrics, logger, onMemory));
    stops.push(() => detector.close());
    metrics.onModel(detector.modelId, detector.backend.provider() ?? 'none');
    readiness.set('model', true, detector.modelId);
    const watchBackend = (): void => {
      const { ready, workers } = detector.backend.health();
      readiness.set('backend', ready > 0, `${ready} of ${workers} workers`);
    };
    watchBackend();
    const backendTimer = setInterval(watchBackend, BACKEND_WATCH_MS);
    stops.push(async () => clearInterval(backendTimer));

    if (detector.memory !== undefined) stops.push(watchMemory(detector.memory, config.memory.reloadMs));
    learning = learningFrom(config, detector, metrics, logger);
    if (learning !== undefined) stops.push(async () => learning?.close());
    const capture = captureFrom(config, metrics, logger);
    if (capture !== undefined) stops.push(() => capture.close());
    const log = decisionLog(logger, { sampleAllow: config.log.sampleAllow, redactNames: config.capture.redactNames });
    const pipeline = openPipeline(config, detector, {
      observe: (view, canonical, verdict, score) => {
        metrics.onVerdict(canonical, verdict);
        log(view, canonical, verdict);
        capture?.add(view, verdict);
        learning?.see(view, canonical, score);
      },
      onInternalError: (err) => logger.error({ err }, 'inspection failed'),
    });
    const server = new GrpcServer({
      ...config.grpc,
      notScored: config.notScored,
      mode: config.mode,
      inspect: (view, signal) => pipeline.inspect(view, signal),
      onFailure: (code, err) => {
        metrics.onFailure(code);
        if (err !== undefined) logger.error({ code, err }, 'check failed');
      },
      onAnswered: metrics.onAnswered,
    });
    grpc = server;
    metrics.watch('checks_in_flight', 'Checks that wait for their answer.', () => server.checksInFlight);
    const grpcAddress = await server.start();
    stops.push(() => server.stop());
    readiness.set('grpc', true, grpcAddress);
    const { mode } = config;
    const { modelId, budget } = detector;
    logger.info({ grpc: grpcAddress, admin: adminAddress, mode, modelId, budget }, 'listening');
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function learningFrom(
  config: Config,
  detector: Detector,
  metrics: Metrics,
  logger: Logger,
): LearningThread | undefined {
  const { memory } = config;
  const { dir, maxHosts, maxFields, maxValues } = memory;
  if (config.mode !== 'learn' || dir === null) return undefined;
  return new LearningThread({
    dir,
    modelId: detector.modelId,
    quorum: { clients: memory.quorumClients, windows: memory.quorumWindows },
    windowMs: memory.windowMs,
    clientHeader: memory.clientHeader,
    saveMs: memory.saveMs,
    maxWaiting: memory.maxWaiting,
    thresholdRaw: detector.scorer.thresholdRaw,
    limits: { ...DEFAULT_MEMORY_LIMITS, maxHosts, maxFields, maxValues },
    redactNames: config.capture.redactNames,
    onOutcome: metrics.onLesson,
    onEvicted: metrics.onMemoryEvicted,
    onError: (err) => logger.error({ err, dir }, 'learning failed; traffic goes on'),
    onFresh: (reason) => logger.warn({ reason, dir }, 'staging memory begins anew'),
    onChanged: () => logger.warn({ dir }, 'staging memory was changed by a command; taken up as it is now'),
  });
}

function captureFrom(config: Config, metrics: Metrics, logger: Logger): Capture | undefined {
  const { enabled, dir, ...options } = config.capture;
  if (!enabled || dir === null) return undefined;
  return new Capture({
    ...options,
    dir,
    onWritten: metrics.onCaptureWritten,
    onDropped: metrics.onCaptureDropped,
    onError: metrics.onCaptureError,
    onStateChange: (err) => {
      if (err === null) logger.info('capture works again');
      else logger.error({ err, dir }, 'capture cannot write; traffic goes on');
    },
  });
}

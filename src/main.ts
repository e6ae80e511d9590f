import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config.js';
import { ConfigError } from './errors.js';
import { Batcher, type BatcherOptions } from './score/batcher.js';
import { loadBundle } from './score/bundle.js';
import { ScoreCache } from './score/cache.js';
import { Calibration } from './score/calibration.js';
import { OnnxBackend, type OnnxBackendOptions } from './score/onnx-backend.js';
import { Scorer } from './score/scorer.js';
import { TransformerView, type TransformerViewOptions } from './score/transformer-view.js';
import { Tokenizer } from './tokenize/tokenizer.js';

/** Everything between canonical text and a score, loaded and proven; what `serve` and `score` share. */
export interface Detector {
  readonly modelId: string;
  /** Share of benign requests that may be denied. */
  readonly budget: number;
  readonly tokenizer: Tokenizer;
  readonly scorer: Scorer;
  readonly backend: OnnxBackend;
  close(): Promise<void>;
}

/** What a service wants to be told while the detector works; all optional. */
export type DetectorHooks = Pick<OnnxBackendOptions, 'onProvider' | 'onProviderFallback' | 'onWorkerExit'> &
  Pick<BatcherOptions, 'onBatch' | 'onQueueDepth'> &
  Pick<TransformerViewOptions, 'onLookup'>;

/**
 * Loads the model bundle and builds the rooms around it.
 *
 * @throws BundleError, ConfigError when the bundle or the budget cannot be used.
 */
export async function loadDetector(config: Config, hooks: DetectorHooks = {}): Promise<Detector> {
  const bundle = await loadBundle(config.model ?? shippedModel());
  const { manifest } = bundle;
  const calibration = new Calibration(manifest.calibration);
  const budget = config.falsePositiveBudget ?? manifest.falsePositiveBudget;
  if (budget < calibration.smallestBudget) {
    throw new ConfigError({
      key: 'falsePositiveBudget',
      expected: `at least ${calibration.smallestBudget.toPrecision(3)}, all that the model's held-out sample can show`,
      actual: String(budget),
    });
  }
  const tokenizer = Tokenizer.load(bundle.tokenizerPath, manifest.window);
  const { provider, workers, intraOpThreads, maxBatchTokens, maxQueueTokens, cacheEntries, topFields } = config.score;
  const backend = new OnnxBackend({
    modelPath: bundle.modelPath,
    runTokens: manifest.pooling.tokens,
    provider,
    workers,
    intraOpThreads,
    ...hooks,
  });
  await backend.load();
  const batcher = new Batcher({
    infer: (windows) => backend.infer(windows),
    concurrency: workers,
    maxBatchTokens,
    maxQueuedTokens: maxQueueTokens,
    ...hooks,
  });
  const view = new TransformerView({
    cache: new ScoreCache(manifest.id, cacheEntries),
    submit: (jobs) => batcher.submit(jobs),
    onLookup: hooks.onLookup,
  });
  const scorer = new Scorer({
    modelId: manifest.id,
    view,
    calibration,
    budget,
    topFields,
    spanOf: (text, ordinal, from, to) => tokenizer.spanOf(text, ordinal, from, to),
  });
  const close = async (): Promise<void> => {
    batcher.close();
    await backend.close();
  };
  return { modelId: manifest.id, budget, tokenizer, scorer, backend, close };
}

/** The one bundle in `models/` beside the program. @throws ConfigError when there is none, or a choice to make. */
function shippedModel(): string {
  const models = join(dirname(fileURLToPath(import.meta.url)), '..', 'models');
  const bundles = readdirSync(models, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (bundles.length === 1) return join(models, bundles[0]!.name);
  const actual = bundles.map(({ name }) => name).join(', ') || 'nothing';
  throw new ConfigError({ key: 'model', expected: 'a directory, or exactly one bundle in models/', actual });
}

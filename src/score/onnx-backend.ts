import { workerEntry } from '../worker-entry.js';
import type { Backend, BackendHealth, Provider } from './backend.js';
import type { ProviderFailure, WorkerInit } from './onnx-protocol.js';
import { OnnxWorkerSlot } from './onnx-worker-slot.js';
import type { WindowScore } from './score.js';
import { ScoreError } from './score-error.js';

export interface OnnxBackendOptions {
  readonly modelPath: string;
  /** Tokens of the run that the model pools over (manifest `pooling.tokens`). */
  readonly runTokens: number;
  /** `auto` is CUDA where its libraries are installed, else the CPU. Default `auto`. */
  readonly provider?: Provider | 'auto';
  /** Threads with a session each, 1 to 64. Default 1: the other core of a small machine serves the proxy. */
  readonly workers?: number;
  /** Threads inside one inference, 1 to 64. Default 1: batches of 512 tokens gain less from more than workers do. */
  readonly intraOpThreads?: number;
  /** A batch that takes longer means a stuck worker, which is replaced. Milliseconds, default 10,000. */
  readonly inferTimeoutMs?: number;
  /** Once after loading: what was asked for, what runs, and what was tried and did not. */
  readonly onProvider?: (choice: ProviderChoice) => void;
  /** The provider that was asked for by name does not run, another one does: worth a warning and a metric. */
  readonly onProviderFallback?: (choice: ProviderChoice) => void;
  /** A worker died or got stuck and will be replaced after `delayMs`. */
  readonly onWorkerExit?: (exit: {
    readonly message: string;
    readonly restarts: number;
    readonly delayMs: number;
  }) => void;
}

export interface ProviderChoice {
  readonly requested: Provider | 'auto';
  readonly actual: Provider;
  readonly failures: readonly ProviderFailure[];
  /** The model's scores depend on the rest of a batch (dynamic quantization), so windows are run one at a time. */
  readonly runsAlone: boolean;
}

const CANDIDATES: Record<Provider | 'auto', readonly Provider[]> = {
  auto: ['cuda', 'cpu'],
  cpu: ['cpu'],
  cuda: ['cuda', 'cpu'],
  tensorrt: ['tensorrt', 'cuda', 'cpu'],
  webgpu: ['webgpu', 'cpu'],
};

/** ONNX Runtime in worker threads, because its `run` and `create` block the thread that calls them. */
export class OnnxBackend implements Backend {
  private readonly slots: OnnxWorkerSlot[];
  private running: Provider | undefined;

  constructor(private readonly options: OnnxBackendOptions) {
    const {
      modelPath,
      runTokens,
      provider = 'auto',
      workers = 1,
      intraOpThreads = 1,
      inferTimeoutMs = 10_000,
    } = options;
    checkCount('workers', workers, 64);
    checkCount('intraOpThreads', intraOpThreads, 64);
    checkCount('inferTimeoutMs', inferTimeoutMs, 3_600_000);
    const init: WorkerInit = { modelPath, providers: CANDIDATES[provider], intraOpThreads, runTokens };
    const entry = workerEntry(import.meta.url, 'onnx-worker.js');
    this.slots = Array.from(
      { length: workers },
      () =>
        new OnnxWorkerSlot(entry, init, inferTimeoutMs, (message, delayMs) => {
          options.onWorkerExit?.({ message, restarts: this.health().restarts, delayMs });
        }),
    );
  }

  async load(): Promise<void> {
    try {
      const ready = await Promise.all(this.slots.map((slot) => slot.start()));
      const { provider: actual, failures, runsAlone } = ready[0]!;
      this.running = actual;
      const choice = { requested: this.options.provider ?? 'auto', actual, failures, runsAlone };
      this.options.onProvider?.(choice);
      if (choice.requested !== 'auto' && choice.requested !== actual) this.options.onProviderFallback?.(choice);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  infer(windows: readonly Uint16Array[]): Promise<WindowScore[]> {
    let free: OnnxWorkerSlot | undefined;
    for (const slot of this.slots) if (slot.isReady && (!free || slot.load < free.load)) free = slot;
    if (!free) return Promise.reject(new ScoreError('backend_failed', 'no worker is ready'));
    return free.infer(windows);
  }

  health(): BackendHealth {
    return {
      ready: this.slots.filter((slot) => slot.isReady).length,
      workers: this.slots.length,
      restarts: this.slots.reduce((sum, slot) => sum + slot.restarts, 0),
    };
  }

  provider(): Provider | undefined {
    return this.running;
  }

  async close(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.stop()));
  }
}

function checkCount(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`${name}: expected an integer from 1 to ${max}, got ${value}`);
  }
}

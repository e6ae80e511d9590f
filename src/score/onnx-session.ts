import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { Provider } from './backend.js';
import { bestRun } from './best-run.js';
import type { ProviderFailure } from './onnx-protocol.js';
import { splitBatch } from './split-batch.js';

const INPUTS = ['input_ids', 'attention_mask'] as const;
const OUTPUTS = ['pooled_logit', 'token_scores'] as const;

/** On the CPU a run costs about 80 µs to start and 6 µs a token (`tests/bench/onnx-latency.bench.mjs`). */
const CPU_RUN_COST_TOKENS = 14;
/** On a GPU starting costs as much as thousands of tokens: never split. */
const GPU_RUN_COST_TOKENS = Number.POSITIVE_INFINITY;
/** Logits that differ by less are the same number summed in another order. */
const SAME_LOGIT = 1e-4;

// What goes wrong is thrown, and logged by whoever catches it; the runtime would also print it, colored, to stderr.
env.logLevel = 'fatal';

/** Scores of a batch: the pooled logit of each window, and its most surprising run as pairs `from, to`. */
export interface SessionScores {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly runs: Uint16Array<ArrayBuffer>;
}

/** One ONNX session and the input buffers it reuses. For a worker thread: creating and running block. */
export class OnnxSession {
  // 64-bit little-endian integers, written through 32-bit views; every platform that onnxruntime-node has is such.
  private ids = new BigInt64Array(0);
  private mask = new BigInt64Array(0);
  private alone = false;
  private stopped = false;

  private constructor(
    private readonly session: InferenceSession,
    private readonly runTokens: number,
    readonly provider: Provider,
    readonly failures: readonly ProviderFailure[],
  ) {}

  /** Creates a session with the first provider that works. @throws Error naming what each one said. */
  static async create(
    modelPath: string,
    runTokens: number,
    providers: readonly Provider[],
    intraOpThreads: number,
  ): Promise<OnnxSession> {
    const failures: ProviderFailure[] = [];
    for (const provider of providers) {
      try {
        const session = await InferenceSession.create(modelPath, {
          // TensorRT hands what it cannot run to CUDA, and each of them the rest to the CPU.
          executionProviders: provider === 'tensorrt' ? ['tensorrt', 'cuda'] : [provider],
          intraOpNumThreads: intraOpThreads,
          interOpNumThreads: 1,
          executionMode: 'sequential',
          graphOptimizationLevel: 'all',
          enableCpuMemArena: true,
          // Plans are kept for every shape ever seen, and batches come in thousands of shapes.
          enableMemPattern: false,
          logSeverityLevel: 4,
          // Spinning threads would take the core from the event loop.
          extra: { session: { intra_op: { allow_spinning: '0' } } },
        });
        const created = new OnnxSession(session, runTokens, provider, failures);
        await created.prove();
        return created;
      } catch (error) {
        failures.push({ provider, message: (error as Error).message });
      }
    }
    throw new Error(failures.map(({ provider, message }) => `${provider}: ${message}`).join('; '));
  }

  /**
   * True when windows run one at a time, because their scores would depend on their company: dynamic quantization takes
   * one scale for a whole batch. A verdict must not depend on who else asks, so such a model gives up batching.
   */
  get runsAlone(): boolean {
    return this.alone;
  }

  /** Makes {@link score} reject instead of beginning another run. */
  stop(): void {
    this.stopped = true;
  }

  /** Scores windows given one after the other in `ids`. One call at a time. */
  async score(ids: Uint16Array, lengths: Uint16Array): Promise<SessionScores> {
    const offsets = new Uint32Array(lengths.length);
    for (let i = 1; i < lengths.length; i++) offsets[i] = offsets[i - 1]! + lengths[i - 1]!;
    const cost = this.provider === 'cpu' ? CPU_RUN_COST_TOKENS : GPU_RUN_COST_TOKENS;
    const batches = this.alone ? Array.from(lengths, (_, i) => [i]) : splitBatch(lengths, cost);
    const logits = new Float32Array(lengths.length);
    const runs = new Uint16Array(lengths.length * 2);
    for (const batch of batches) {
      if (this.stopped) throw new Error('the session was stopped');
      const width = lengths[batch[0]!]!;
      const { pooled, tokens } = await this.run(ids, offsets, lengths, batch, width);
      batch.forEach((window, row) => {
        logits[window] = pooled[row]!;
        const [from, to] = bestRun(tokens, row * width, lengths[window]!, this.runTokens);
        runs[2 * window] = from;
        runs[2 * window + 1] = to;
      });
    }
    return { logits, runs };
  }

  private async run(
    ids: Uint16Array,
    offsets: Uint32Array,
    lengths: Uint16Array,
    batch: readonly number[],
    width: number,
  ): Promise<{ pooled: Float32Array; tokens: Float32Array }> {
    const size = batch.length * width;
    if (this.ids.length < size) {
      this.ids = new BigInt64Array(size * 2);
      this.mask = new BigInt64Array(size * 2);
    }
    const idWords = new Int32Array(this.ids.buffer);
    const maskWords = new Int32Array(this.mask.buffer);
    let to = 0;
    for (const window of batch) {
      const length = lengths[window]!;
      const from = offsets[window]!;
      for (let i = 0; i < width; i++, to += 2) {
        idWords[to] = i < length ? ids[from + i]! : 0;
        maskWords[to] = i < length ? 1 : 0;
      }
    }
    const shape = [batch.length, width];
    const output = await this.session.run(
      {
        [INPUTS[0]]: new Tensor('int64', this.ids.subarray(0, size), shape),
        [INPUTS[1]]: new Tensor('int64', this.mask.subarray(0, size), shape),
      },
      OUTPUTS,
    );
    return {
      pooled: output[OUTPUTS[0]]!.data as Float32Array,
      tokens: output[OUTPUTS[1]]!.data as Float32Array,
    };
  }

  /** Refuses a model of another interface, and finds out whether windows may share a batch. */
  private async prove(): Promise<void> {
    for (const [kind, names, have] of [
      ['input', INPUTS, this.session.inputNames],
      ['output', OUTPUTS, this.session.outputNames],
    ] as const) {
      const missing = names.find((name) => !have.includes(name));
      if (missing) throw new Error(`the model has no ${kind} "${missing}", only ${have.join(', ')}`);
    }
    // Unlike windows of one length, so that nothing but the company differs: CLS, a zone, bytes spread over the ids.
    const width = 16;
    const rows = 8;
    const ids = Uint16Array.from({ length: rows * width }, (_, i) =>
      i % width === 0 ? 1 : i % width === 1 ? 5 : 32 + ((i * i * 31 + i * 7) % 256),
    );
    const lengths = new Uint16Array(rows).fill(width);
    const offsets = Uint32Array.from({ length: rows }, (_, i) => i * width);
    const all = Array.from({ length: rows }, (_, i) => i);
    const { pooled, tokens } = await this.run(ids, offsets, lengths, all, width);
    const together = Float32Array.from(pooled);
    if (together.length !== rows || tokens.length !== rows * width || !together.every(Number.isFinite)) {
      throw new Error('the model gives outputs of another shape, or no finite numbers, for a trial batch');
    }
    if (this.provider !== 'cpu') return;
    for (const row of all) {
      const single = await this.run(ids, offsets, lengths, [row], width);
      if (Math.abs(single.pooled[0]! - together[row]!) > SAME_LOGIT) this.alone = true;
    }
  }
}

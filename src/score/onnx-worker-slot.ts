import { Worker } from 'node:worker_threads';
import type { WorkerInit, WorkerReply, WorkerRequest } from './onnx-protocol.js';
import type { WindowScore } from './score.js';
import { ScoreError } from './score-error.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

type Ready = Extract<WorkerReply, { kind: 'ready' }>;

interface Pending {
  readonly resolve: (scores: WindowScore[]) => void;
  readonly reject: (error: ScoreError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One worker thread and its successors: whatever kills it, pending batches fail at once and a new one starts.
 *
 * A worker is never terminated from outside: that aborts the whole process when native code is running (Napi::Error in
 * onnxruntime-node 1.30). It is asked to leave, and does between two runs.
 */
export class OnnxWorkerSlot {
  restarts = 0;
  private worker: Worker | undefined;
  /** Exits to come: of the worker, and of stuck ones that it replaced. */
  private readonly exits = new Set<Promise<void>>();
  private ready = false;
  private stopped = false;
  private delayMs = FIRST_DELAY_MS;
  private respawn: NodeJS.Timeout | undefined;
  private nextId = 0;
  private readonly pending = new Map<number, Pending>();

  constructor(
    private readonly entry: string,
    private readonly init: WorkerInit,
    private readonly inferTimeoutMs: number,
    private readonly onExit: (message: string, delayMs: number) => void,
  ) {}

  get isReady(): boolean {
    return this.ready;
  }

  /** Batches under way. */
  get load(): number {
    return this.pending.size;
  }

  /** Starts the thread and loads the model; rejects when the model cannot be used, and then nothing is restarted. */
  start(): Promise<Ready> {
    const worker = new Worker(this.entry, { workerData: this.init, name: 'onnx' });
    this.worker = worker;
    const exited = new Promise<void>((resolve) => worker.on('exit', () => resolve()));
    this.exits.add(exited);
    void exited.then(() => this.exits.delete(exited));
    return new Promise((resolve, reject) => {
      let loaded = false;
      let fault = '';
      worker.on('message', (message: WorkerReply) => {
        if (message.kind === 'ready') {
          loaded = true;
          this.ready = !this.stopped;
          resolve(message);
        } else if (message.kind === 'unusable') {
          fault = message.message;
        } else {
          this.settle(message);
        }
      });
      worker.on('error', (error) => {
        fault = error.message;
      });
      worker.on('exit', (code) => {
        const message = fault || `worker exited with code ${code}`;
        if (!loaded) reject(new Error(`${this.init.modelPath}: ${message}`));
        else if (this.worker === worker && !this.stopped) this.replace(message);
      });
    });
  }

  infer(windows: readonly Uint16Array[]): Promise<WindowScore[]> {
    let total = 0;
    for (const window of windows) total += window.length;
    const ids = new Uint16Array(total);
    const lengths = new Uint16Array(windows.length);
    let at = 0;
    windows.forEach((window, i) => {
      ids.set(window, at);
      at += window.length;
      lengths[i] = window.length;
    });
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.replace(`no answer within ${this.inferTimeoutMs} ms`), this.inferTimeoutMs);
      timer.unref();
      this.pending.set(id, { resolve, reject, timer });
      this.worker!.postMessage({ id, ids, lengths } satisfies WorkerRequest, [ids.buffer, lengths.buffer]);
    });
  }

  /** Fails what is pending and waits until no thread is left, which takes as long as the run it is in. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.respawn);
    this.dismiss('the backend was closed');
    await Promise.all(this.exits);
  }

  private settle(message: Extract<WorkerReply, { kind: 'scored' | 'failed' }>): void {
    const pending = this.pending.get(message.id);
    if (!pending) return;
    this.pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.kind === 'failed') {
      pending.reject(new ScoreError('backend_failed', message.message));
      return;
    }
    this.delayMs = FIRST_DELAY_MS;
    const { logits, runs } = message;
    const scores: WindowScore[] = [];
    for (let i = 0; i < logits.length; i++) {
      scores.push({ logit: logits[i]!, from: runs[2 * i]!, to: runs[2 * i + 1]! });
    }
    pending.resolve(scores);
  }

  /** No more batches for this worker; what is pending fails, and it leaves once native code lets go. */
  private dismiss(message: string): void {
    this.ready = false;
    this.worker?.postMessage('leave' satisfies WorkerRequest);
    const error = new ScoreError('backend_failed', message);
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.pending.clear();
  }

  private replace(message: string): void {
    this.dismiss(message);
    // A stuck one must not be mistaken for its successor when it exits at last.
    this.worker = undefined;
    this.restarts++;
    this.onExit(message, this.delayMs);
    this.respawn = setTimeout(() => {
      this.start().catch((error: Error) => {
        if (!this.stopped) this.replace(error.message);
      });
    }, this.delayMs).unref();
    this.delayMs = Math.min(this.delayMs * 2, LONGEST_DELAY_MS);
  }
}

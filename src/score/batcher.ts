import { FairQueue } from './fair-queue.js';
import type { WindowScore } from './score.js';
import { ScoreError } from './score-error.js';

/** One window that waits for the model. Exactly one of resolve, reject and drop is called, once. */
export interface Job {
  readonly ids: Uint16Array;
  /** False once nobody waits for the answer; asked when its turn comes. */
  isWanted(): boolean;
  resolve(score: WindowScore): void;
  reject(error: ScoreError): void;
  /** Left the queue unscored, because nobody wanted it any more. */
  drop(): void;
}

export interface BatcherOptions {
  readonly infer: (windows: readonly Uint16Array[]) => Promise<WindowScore[]>;
  /** Batches under way at once: the backend's workers. Integer from 1 up. */
  readonly concurrency: number;
  /**
   * Tokens a batch; a longer window makes a batch of its own. The backend pads little or nothing: it cuts a batch into
   * runs of like length. Default 512: about 3 ms of the tiny model on one core, beyond which a CPU gains nothing from
   * larger batches and newcomers only wait longer. Raise it for a GPU.
   */
  readonly maxBatchTokens?: number;
  /** Tokens that may wait; more is refused as `overloaded`. Default 32,768: about 200 ms, Envoy's default timeout. */
  readonly maxQueuedTokens?: number;
  readonly onBatch?: (batch: BatchInfo) => void;
  /** Tokens waiting, after each change. */
  readonly onQueueDepth?: (tokens: number) => void;
}

export interface BatchInfo {
  readonly windows: number;
  readonly tokens: number;
  /** How long the window that waited longest did, in milliseconds. */
  readonly waitMs: number;
}

interface Waiting {
  readonly job: Job;
  readonly since: number;
}

/** A batch smaller than this is not worth a worker of its own: handing it over costs as much. */
const MIN_SHARE_TOKENS = 64;

/**
 * Gathers windows of many requests into batches for the backend.
 *
 * A batch closes as soon as the backend has a free place and one turn of the event loop has passed (what arrived in the
 * same poll shares it), so nobody waits beside an idle backend; while it is busy, the queue is what the next batch is
 * made of, up to the token budget.
 */
export class Batcher {
  private readonly queue = new FairQueue<Waiting>();
  private readonly maxBatchTokens: number;
  private readonly maxQueuedTokens: number;
  private queued = 0;
  private underWay = 0;
  private scheduled = false;
  private closed = false;

  constructor(private readonly options: BatcherOptions) {
    const { concurrency, maxBatchTokens = 512, maxQueuedTokens = 32_768 } = options;
    for (const [name, value] of Object.entries({ concurrency, maxBatchTokens, maxQueuedTokens })) {
      if (!Number.isInteger(value) || value < 1)
        throw new RangeError(`${name}: expected an integer from 1 up, got ${value}`);
    }
    this.maxBatchTokens = maxBatchTokens;
    this.maxQueuedTokens = maxQueuedTokens;
  }

  /** Tokens that wait for the model. */
  get queuedTokens(): number {
    return this.queued;
  }

  /**
   * Queues the windows of one request, all or none. Where nothing waits it always fits, however large: `maxWindows` bounds
   * it, and a request that an idle server refuses would be one that can never be scored.
   *
   * @throws ScoreError `overloaded` when they do not fit beside what waits.
   */
  submit(jobs: readonly Job[]): void {
    if (this.closed) throw new ScoreError('backend_failed', 'the batcher is closed');
    let tokens = 0;
    for (const job of jobs) tokens += job.ids.length;
    if (this.queued + tokens > this.maxQueuedTokens) this.dropUnwanted();
    if (this.queued > 0 && this.queued + tokens > this.maxQueuedTokens) {
      throw new ScoreError('overloaded', `${tokens} tokens do not fit: ${this.queued} of ${this.maxQueuedTokens} wait`);
    }
    const since = performance.now();
    this.queue.push(jobs.map((job) => ({ job, since })));
    this.count(tokens);
    this.schedule();
  }

  /** Fails what waits; what is under way still answers. */
  close(): void {
    this.closed = true;
    const error = new ScoreError('backend_failed', 'the batcher is closed');
    for (let next = this.queue.take(); next; next = this.queue.take()) next.job.reject(error);
    this.count(-this.queued);
  }

  private schedule(): void {
    if (this.scheduled || this.underWay >= this.options.concurrency) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.underWay < this.options.concurrency && !this.queue.isEmpty) {
      const batch = this.form();
      if (batch.length > 0) void this.run(batch);
    }
  }

  /** Takes wanted windows by turns, up to the budget or this free place's share of the queue. */
  private form(): Waiting[] {
    const places = this.options.concurrency - this.underWay;
    const share = Math.max(MIN_SHARE_TOKENS, Math.ceil(this.queued / places));
    const budget = Math.min(this.maxBatchTokens, share);
    const batch: Waiting[] = [];
    let tokens = 0;
    let left = 0;
    for (let next = this.queue.peek(); next; next = this.queue.peek()) {
      const { job } = next;
      const wanted = job.isWanted();
      if (wanted && batch.length > 0 && tokens + job.ids.length > budget) break;
      this.queue.take();
      left += job.ids.length;
      if (wanted) {
        batch.push(next);
        tokens += job.ids.length;
      } else {
        job.drop();
      }
    }
    this.count(-left);
    return batch;
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    this.underWay++;
    const jobs = batch.map(({ job }) => job);
    try {
      this.report(batch);
      const scores = await this.options.infer(jobs.map((job) => job.ids));
      jobs.forEach((job, i) => {
        const score = scores[i];
        // NaN compares as normal everywhere after this.
        if (score && Number.isFinite(score.logit)) job.resolve(score);
        else job.reject(new ScoreError('backend_failed', 'the model gave no finite logit'));
      });
    } catch (error) {
      const failure =
        error instanceof ScoreError ? error : new ScoreError('backend_failed', 'inference failed', { cause: error });
      for (const job of jobs) job.reject(failure);
    } finally {
      this.underWay--;
      this.dispatch();
    }
  }

  private dropUnwanted(): void {
    this.queue.sift(({ job }) => {
      if (job.isWanted()) return true;
      this.count(-job.ids.length);
      job.drop();
      return false;
    });
  }

  private count(tokens: number): void {
    if (tokens === 0) return;
    this.queued += tokens;
    this.options.onQueueDepth?.(this.queued);
  }

  private report(batch: readonly Waiting[]): void {
    if (!this.options.onBatch) return;
    let tokens = 0;
    let since = Number.POSITIVE_INFINITY;
    for (const entry of batch) {
      tokens += entry.job.ids.length;
      since = Math.min(since, entry.since);
    }
    this.options.onBatch({ windows: batch.length, tokens, waitMs: performance.now() - since });
  }
}

import { Worker } from 'node:worker_threads';
import type { CanonicalRequest } from '../canonicalize/canonical-request.js';
import type { RequestView } from '../request/request-view.js';
import type { Score } from '../score/score.js';
import { workerEntry } from '../worker-entry.js';
import type { LessonOutcome } from './learner.js';
import type { LearningInit, LearningReply, LearningRequest } from './learning-protocol.js';
import type { Evicted } from './make-room.js';
import { namedClient } from './named-client.js';

/** What became of a request; `not_kept_up`: it came while too many others waited, or while the thread was down. */
export type LearningOutcome = LessonOutcome | 'not_kept_up';

export interface LearningThreadOptions extends Omit<LearningInit, 'taken'> {
  /** Header whose last element is the client; null: the peer. */
  readonly clientHeader: string | null;
  /** Requests that may wait for the thread; further ones are left out and counted. */
  readonly maxWaiting: number;
  readonly onOutcome: (outcome: LearningOutcome, count: number) => void;
  readonly onEvicted: (evicted: Evicted) => void;
  /** A failed write, which is tried again, or a thread that ended and is started again. */
  readonly onError: (error: Error) => void;
  /** There was a staging snapshot, and it could not be taken up again. */
  readonly onFresh: (reason: string) => void;
  /** A command changed the staging snapshot, which was taken up so. */
  readonly onChanged?: () => void;
  /** Program of the thread; for tests. */
  readonly entry?: URL;
}

/** Between the end of a thread that failed and its successor. What it had not yet written is lost. */
const RESTART_MS = 10_000;
/** What there is to report then. */
const DOWN = { down: true };
/** For the last write. */
const CLOSE_MS = 10_000;

/**
 * Live learning in a thread of its own: making room among a million values takes more than half a second, and writing them
 * a tenth, which no request should wait for.
 */
export class LearningThread {
  private worker: Worker | undefined;
  /** How many observations the thread has taken, and was sent, modulo 2^32. */
  private taken!: Int32Array<SharedArrayBuffer>;
  private sent = 0;
  private closing = false;
  private restart: NodeJS.Timeout | undefined;
  private nextId = 0;
  private readonly reports = new Map<number, (report: unknown) => void>();

  constructor(private readonly options: LearningThreadOptions) {
    this.start();
  }

  /** Takes a request after its verdict. Never throws, never waits. */
  see(view: RequestView, canonical: CanonicalRequest, score: Score | null): void {
    const { clientHeader, maxWaiting, onOutcome } = this.options;
    if (this.worker === undefined || ((this.sent - Atomics.load(this.taken, 0)) | 0) >= maxWaiting) {
      onOutcome('not_kept_up', 1);
      return;
    }
    this.sent = (this.sent + 1) | 0;
    const surprises = score?.surprises ?? null;
    this.post({
      kind: 'observation',
      observation: {
        host: view.host,
        client: namedClient(view, clientHeader),
        time: view.time,
        texts: surprises === null ? [] : canonical.fields.map(({ text }) => text),
        surprises,
        whole: !canonical.truncated,
      },
    });
  }

  /** For `GET /learning`: of each host how far it is; {@link DOWN} while the thread is down. */
  report(): Promise<unknown> {
    if (this.worker === undefined) return Promise.resolve(DOWN);
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.reports.set(id, resolve);
      this.post({ kind: 'report', id });
    });
  }

  /** Learns what waits and writes the snapshot. */
  async close(): Promise<void> {
    this.closing = true;
    clearTimeout(this.restart);
    const { worker } = this;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const late = setTimeout(() => void worker.terminate(), CLOSE_MS);
    this.post({ kind: 'close' });
    await exited;
    clearTimeout(late);
  }

  private start(): void {
    const {
      clientHeader: _,
      maxWaiting: __,
      onOutcome,
      onEvicted,
      onError,
      onFresh,
      onChanged,
      entry,
      ...init
    } = this.options;
    this.taken = new Int32Array(new SharedArrayBuffer(4));
    this.sent = 0;
    const workerData: LearningInit = { ...init, taken: this.taken.buffer };
    const worker = new Worker(entry ?? workerEntry(import.meta.url, 'learning-worker.js'), {
      workerData,
      name: 'learning',
    });
    this.worker = worker;
    let fault: Error | undefined;
    worker.on('message', (message: LearningReply) => {
      switch (message.kind) {
        case 'outcomes':
          for (const [outcome, count] of Object.entries(message.counts)) onOutcome(outcome as LessonOutcome, count);
          return;
        case 'evicted':
          return onEvicted(message.evicted);
        case 'report':
          this.reports.get(message.id)?.(message.report);
          this.reports.delete(message.id);
          return;
        case 'error':
          return onError(message.error);
        case 'fresh':
          return onFresh(message.reason);
        case 'changed':
          return onChanged?.();
      }
    });
    worker.on('error', (error) => {
      fault = error;
    });
    worker.on('exit', (code) => {
      this.worker = undefined;
      for (const resolve of this.reports.values()) resolve(DOWN);
      this.reports.clear();
      if (this.closing) return;
      onError(fault ?? new Error(`the learning thread exited with code ${code}`));
      this.restart = setTimeout(() => this.start(), RESTART_MS).unref();
    });
  }

  private post(request: LearningRequest): void {
    this.worker?.postMessage(request);
  }
}

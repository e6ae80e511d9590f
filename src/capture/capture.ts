import type { Verdict } from '../decide/verdict.js';
import type { RequestView } from '../request/request-view.js';
import { captureRecord } from './capture-record.js';
import { GzipFiles } from './gzip-files.js';
import { secretNames } from './secret-names.js';

/** Why a request was not kept; closed, because it labels a metric. */
export type CaptureDropReason = 'queue_full' | 'unwritable' | 'internal';

export interface CaptureOptions {
  readonly dir: string;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  /** Bytes of requests that may wait; more are dropped. */
  readonly maxQueueBytes: number;
  /** Bytes of each body kept. */
  readonly bodyBytes: number;
  /** Share of allowed requests kept, 0 to 1; those denied, or that would be, are always kept. */
  readonly sample: number;
  /** Names to redact beside the built-in ones. */
  readonly redactNames: readonly string[];
  /** How often the queue is written, in milliseconds; default 1000. */
  readonly flushMs?: number;
  /** After each batch on disk. */
  readonly onWritten?: (batch: { records: number; bytes: number }) => void;
  /** Each time requests are dropped. */
  readonly onDropped?: (reason: CaptureDropReason, records: number) => void;
  /** Each failed write. */
  readonly onError?: (error: Error) => void;
  /** When writing starts to fail, with the error, and when it works again, with null; once a change. */
  readonly onStateChange?: (error: Error | null) => void;
}

interface Waiting {
  readonly view: RequestView;
  readonly verdict: Verdict;
  readonly bytes: number;
}

const FLUSH_MS = 1000;
/** Redaction takes about 40 µs a request; after this many the event loop gets a turn, so that verdicts do not wait. */
const SLICE = 16;
/** Uncompressed bytes of one gzip member: large enough to compress well, small enough to lose. */
const BATCH_BYTES = 1024 * 1024;
/** Pause after a failed write, doubled up to the maximum: a full disk does not empty itself within a second. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** Bytes that a queued request takes beside its strings. */
const OVERHEAD = 512;

/**
 * Keeps requests with their verdicts as rotating files of gzip JSON lines, secrets redacted before they reach the disk.
 * Never in the way of traffic: what cannot be written in time is dropped and counted.
 */
export class Capture {
  private readonly files: GzipFiles;
  private readonly isSecret;
  private queue: Waiting[] = [];
  private queuedBytes = 0;
  private failing = false;
  private retryMs = RETRY_MS;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;
  private closed = false;
  private credit = 0;

  constructor(private readonly options: CaptureOptions) {
    this.files = new GzipFiles(options);
    this.isSecret = secretNames(options.redactNames);
  }

  /** Takes a request if there is room. Never throws, never waits. */
  add(view: RequestView, verdict: Verdict): void {
    if (this.closed || !this.wants(verdict)) return;
    const bytes = sizeOf(view);
    if (this.queuedBytes + bytes > this.options.maxQueueBytes) {
      this.options.onDropped?.(this.failing ? 'unwritable' : 'queue_full', 1);
      return;
    }
    this.queue.push({ view, verdict, bytes });
    this.queuedBytes += bytes;
    // Half full: the timer alone would lose a burst that the disk could take.
    if (!this.failing && this.queuedBytes > this.options.maxQueueBytes / 2) void this.flush();
    else if (this.flushing === undefined) this.schedule(this.options.flushMs ?? FLUSH_MS);
  }

  /** Writes what waits. Resolves when it is on disk or writing failed; never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.flushing ??= this.drain().finally(() => {
      this.flushing = undefined;
      if (this.queue.length > 0 && !this.closed) this.schedule(this.options.flushMs ?? FLUSH_MS);
    });
    return this.flushing;
  }

  /** Writes what waits, takes nothing any more, and counts what could not be written as dropped. */
  async close(): Promise<void> {
    this.closed = true;
    await this.flushing;
    await this.flush();
    clearTimeout(this.timer);
    if (this.queue.length > 0) this.options.onDropped?.('unwritable', this.queue.length);
    this.queue = [];
    this.queuedBytes = 0;
  }

  /** Every n-th, by running total: exact shares without chance. */
  private wants(verdict: Verdict): boolean {
    if (verdict.action === 'deny' || verdict.wouldDeny) return true;
    this.credit += this.options.sample;
    if (this.credit < 1) return false;
    this.credit -= 1;
    return true;
  }

  private schedule(milliseconds: number): void {
    this.timer ??= setTimeout(() => void this.flush(), milliseconds).unref();
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      const { lines, records } = await this.takeBatch();
      try {
        if (records > 0) {
          const bytes = await this.files.append(lines);
          this.options.onWritten?.({ records, bytes });
        }
        this.retryMs = RETRY_MS;
        this.changeState(null);
      } catch (error) {
        this.options.onError?.(error as Error);
        this.changeState(error as Error);
        if (!this.closed) this.schedule(this.retryMs);
        this.retryMs = Math.min(this.retryMs * 2, MAX_RETRY_MS);
        return;
      }
      for (const { bytes } of this.queue.splice(0, records)) this.queuedBytes -= bytes;
    }
  }

  /** Redacts requests from the head of the queue, where they stay until they are on disk. */
  private async takeBatch(): Promise<{ lines: string; records: number }> {
    let lines = '';
    let records = 0;
    for (let turn = 1; records < this.queue.length && lines.length < BATCH_BYTES; turn++) {
      const { view, verdict, bytes } = this.queue[records]!;
      try {
        lines += captureRecord(view, verdict, this.options.bodyBytes, this.isSecret);
        records++;
      } catch (error) {
        // What could not be redacted is not written.
        this.queue.splice(records, 1);
        this.queuedBytes -= bytes;
        this.options.onError?.(error as Error);
        this.options.onDropped?.('internal', 1);
      }
      if (turn % SLICE === 0) await new Promise(setImmediate);
    }
    return { lines, records };
  }

  private changeState(error: Error | null): void {
    if ((error !== null) === this.failing) return;
    this.failing = error !== null;
    this.options.onStateChange?.(error);
  }
}

/** The body is a view into the whole Check that carried it, so the Check's other bytes stay in memory with it. */
function sizeOf(view: RequestView): number {
  let size = OVERHEAD + view.target.length + view.host.length + view.body.length;
  for (const [name, value] of view.headers) size += name.length + value.length + 64;
  return size;
}

import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { CANONICALIZER_VERSION } from '../canonicalize/canonical-request.js';
import { hostOf } from './host-of.js';
import { HostProgress } from './host-progress.js';
import { Learner, type LearnerOptions, type LessonOutcome } from './learner.js';
import { MemoryError } from './memory-error.js';
import { type MemoryIdentity, MemoryStore } from './memory-store.js';
import { type Quorum, reaches } from './quorum.js';
import { readSnapshot, SERVING, STAGING, stampOf, writeSnapshot } from './snapshot-folder.js';

export interface LiveLearningOptions extends Omit<LearnerOptions, 'maxSampleUnits'> {
  readonly dir: string;
  readonly modelId: string;
  readonly quorum: Quorum;
  readonly windowMs: number;
  /** How often the staging snapshot is written, in milliseconds. */
  readonly saveMs: number;
  /** Combined surprise from which the base model alone would deny. */
  readonly thresholdRaw: number;
  /** A failed write; the next one tries again. */
  readonly onError?: (error: Error) => void;
  /** There was a staging snapshot, and it could not be taken up again. */
  readonly onFresh?: (reason: string) => void;
  /** Somebody else changed the staging snapshot, which was taken up so. */
  readonly onChanged?: () => void;
}

/** A request after its verdict, as far as learning looks at it. */
export interface Observation {
  readonly host: string;
  /** Empty where it is not known. */
  readonly client: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Its sequences; none where it could not be scored. */
  readonly texts: readonly string[];
  /** Combined surprise of each sequence; null where it could not be scored. */
  readonly surprises: Float64Array | null;
  /** Whether every byte was inspected. */
  readonly whole: boolean;
}

/**
 * Fills a staging snapshot from traffic as it flows. Nothing that it learns is used until somebody promotes it. Written
 * now and then, and at the end; a crash loses what came since.
 */
export class LiveLearning {
  private readonly learner: Learner;
  private readonly progress = new Map<string, HostProgress>();
  private readonly timer: NodeJS.Timeout;
  private changed = false;
  /** Of the staging snapshot as it was read or written here last; empty while there was none. */
  private stamp = '';

  constructor(private readonly options: LiveLearningOptions) {
    this.learner = new Learner(this.begin(), { ...options, maxSampleUnits: options.limits.maxSampleUnits });
    this.timer = setInterval(() => this.save(), options.saveMs);
    this.timer.unref();
  }

  take({ host, client, time, texts, surprises, whole }: Observation): LessonOutcome {
    const { thresholdRaw, quorum } = this.options;
    if (surprises !== null) this.note(host, texts);
    // What was not inspected might have flagged it, which matters only where that would have kept it out.
    const judged = surprises !== null && (whole || quorum.clients > 1);
    const outcome = this.learner.consider({
      host,
      client,
      time,
      fields: texts.map((text) => ({ text })),
      surprises: surprises ?? undefined,
      status: null,
      flagged: judged ? surprises.some((surprise) => surprise >= thresholdRaw) : null,
    });
    if (outcome === 'learned') this.changed = true;
    return outcome;
  }

  /** For `GET /learning`: of each host how far it is. */
  report(): { since: string | null; hosts: Record<string, unknown> } {
    const { store } = this.learner;
    const { quorum } = store.identity;
    const known = new Uint32Array(store.hosts.length);
    const all = new Uint32Array(store.hosts.length);
    const { fields } = store.columns;
    for (let i = 0; i < store.fields.size; i++) {
      if (fields.anywhere[i] !== i) continue;
      all[fields.host[i]!]!++;
      if (reaches(quorum, fields, i)) known[fields.host[i]!]!++;
    }
    const hosts: Record<string, unknown> = {};
    let since = Number.POSITIVE_INFINITY;
    store.hosts.forEach((host, number) => {
      since = Math.min(since, host.since);
      hosts[host.name] = {
        since: new Date(host.since).toISOString(),
        requestsLearned: host.requests,
        fieldsKnown: known[number],
        fieldsSeen: all[number],
        ...this.progress.get(host.name)?.report(),
      };
    });
    return { since: Number.isFinite(since) ? new Date(since).toISOString() : null, hosts };
  }

  close(): void {
    clearInterval(this.timer);
    this.save();
  }

  private save(): void {
    const { dir } = this.options;
    try {
      const there = stampOf(dir, STAGING);
      if (there !== '' && there !== this.stamp) this.takeUp(there);
      if (!this.changed) return;
      this.learner.keepWithin();
      // Who changes it while this is being written is heard the next time.
      this.stamp = writeSnapshot(dir, STAGING, this.learner.store, this.stamp).stamp;
      this.changed = false;
    } catch (error) {
      this.options.onError?.(error as Error);
    }
  }

  /**
   * Somebody else wrote the staging snapshot: made it forget a host, say. What is known here would bring that back, so it
   * goes, with what was learned since the last write. What cannot be taken up is not written over either.
   */
  private takeUp(stamp: string): void {
    const { dir, modelId, quorum, windowMs, onChanged } = this.options;
    const { store } = readSnapshot(dir, STAGING, modelId);
    if (!isSame(store.identity, { quorum, windowMs }))
      throw new MemoryError(join(dir, STAGING), 'the quorum and window of this service', 'others');
    this.learner.store = store;
    this.stamp = stamp;
    this.changed = false;
    onChanged?.();
  }

  /** The staging snapshot of an earlier run, else what serves, else nothing yet. */
  private begin(): MemoryStore {
    const { dir, modelId, quorum, windowMs, onFresh } = this.options;
    const wanted = { canonicalizerVersion: CANONICALIZER_VERSION, modelId, quorum, windowMs };
    for (const file of [STAGING, SERVING]) {
      const stamp = stampOf(dir, file);
      if (stamp === '') continue;
      let reason = `${file} was learned with another quorum or window`;
      try {
        const { store } = readSnapshot(dir, file, modelId);
        if (isSame(store.identity, wanted)) {
          if (file === STAGING) this.stamp = stamp;
          return store;
        }
      } catch (error) {
        reason = (error as Error).message;
      }
      if (file === STAGING) {
        renameSync(join(dir, STAGING), join(dir, `${STAGING}.old`));
        reason += `; kept as ${STAGING}.old, to be renamed and used again while the service is stopped`;
      }
      onFresh?.(reason);
    }
    return new MemoryStore({ ...wanted, key: randomBytes(8) });
  }

  private note(hostName: string, texts: readonly string[]): void {
    const { store } = this.learner;
    const { quorum } = store.identity;
    const name = hostOf(hostName);
    const host = store.findHost(name);
    if (host < 0) return;
    let known = 0;
    let fresh = 0;
    for (const text of texts) {
      const value = store.findValue(host, text);
      if (value < 0) fresh++;
      else if (reaches(quorum, store.columns.values, value)) known++;
    }
    let progress = this.progress.get(name);
    if (progress === undefined) {
      if (this.progress.size >= this.options.limits.maxHosts) this.progress.clear();
      progress = new HostProgress();
      this.progress.set(name, progress);
    }
    progress.note(known === texts.length, fresh);
  }
}

function isSame(identity: MemoryIdentity, wanted: Pick<MemoryIdentity, 'quorum' | 'windowMs'>): boolean {
  return (
    identity.windowMs === wanted.windowMs &&
    identity.quorum.clients === wanted.quorum.clients &&
    identity.quorum.windows === wanted.quorum.windows
  );
}

import { ClientBook } from './client-book.js';
import { clientOf } from './client-of.js';
import { type LearnOptions, type Lesson, learnRequest } from './learn-request.js';
import { type Evicted, makeRoom } from './make-room.js';
import type { MemoryLimits } from './memory-limits.js';
import type { MemoryStore } from './memory-store.js';

/** What became of a request; closed, because it labels a metric. */
export type LessonOutcome =
  | 'learned'
  | 'refused_by_application'
  | 'flagged'
  | 'client_misbehaves'
  | 'not_scored'
  | 'no_client';

/** A request with what the filter goes by. */
export interface Candidate extends Lesson {
  /** The application's answer; null while unknown. */
  readonly status: number | null;
  /** Whether a model that has learned nothing here would deny it; null when it could not be scored. */
  readonly flagged: boolean | null;
}

export interface LearnerOptions extends LearnOptions {
  readonly limits: MemoryLimits;
  /**
   * Learn also what the base model flags, though not from clients that misbehave. Default: where the quorum asks for two
   * clients or more. There it is the quorum that keeps one client's attacks out, and a filter that knows nothing of the
   * application would take away just the values that memory is for.
   */
  readonly keepFlagged?: boolean;
  /** Learn also what could not be scored. Default false. */
  readonly keepUnscored?: boolean;
  /** Clients known to misbehave already, from an earlier pass over the same log. */
  readonly book?: ClientBook;
  readonly onEvicted?: (evicted: Evicted) => void;
}

/** Requests between looks at the limits. */
const LOOK_EVERY = 256;

/**
 * Decides what is worth learning from, and learns it. A filter that has learned from the same log would wave through what
 * it was taught, so `flagged` must come from the base model alone.
 */
export class Learner {
  private readonly book: ClientBook;
  private learned = 0;

  constructor(
    public store: MemoryStore,
    private readonly options: LearnerOptions,
  ) {
    this.book = options.book ?? new ClientBook();
  }

  consider(candidate: Candidate): LessonOutcome {
    const outcome = this.judge(candidate);
    if (outcome !== 'learned') return outcome;
    learnRequest(this.store, candidate, this.options);
    if (++this.learned % LOOK_EVERY === 0) this.keepWithin();
    return outcome;
  }

  /** Brings the store within its limits; call before it is written. */
  keepWithin(): void {
    const room = makeRoom(this.store, this.options.limits);
    if (room === null) return;
    this.store = room.store;
    this.options.onEvicted?.(room.evicted);
  }

  private judge({ client, status, flagged }: Candidate): LessonOutcome {
    if (client === '' && this.store.identity.quorum.clients > 1) return 'no_client';
    const name = clientOf(client);
    const refused = status !== null && status >= 400;
    const { keepFlagged = this.store.identity.quorum.clients > 1, keepUnscored = false } = this.options;
    // 404 and the like are everyday mistakes; only what looks like an attack counts against a client.
    if (this.options.book === undefined && client !== '') this.book.note(name, flagged === true);
    if (refused) return 'refused_by_application';
    if (!keepUnscored && flagged === null) return 'not_scored';
    if (!keepFlagged && flagged) return 'flagged';
    return this.book.misbehaves(name) ? 'client_misbehaves' : 'learned';
  }
}

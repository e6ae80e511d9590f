import type { CanonicalRequest } from './canonicalize/canonical-request.js';
import { canonicalize } from './canonicalize/canonicalize.js';
import type { CanonicalizeLimits } from './canonicalize/limits.js';
import { decide, decideNotScored } from './decide/decide.js';
import type { LimitPolicies } from './decide/limit-policy.js';
import type { Mode, NotScoredReason, Verdict } from './decide/verdict.js';
import { NormgateError } from './errors.js';
import type { RequestView } from './request/request-view.js';
import type { Score } from './score/score.js';
import { ScoreError } from './score/score-error.js';
import type { Scorer } from './score/scorer.js';
import type { Encoding, Texts } from './tokenize/encoding.js';

/** The rooms that a request walks through, as the corridor needs them. */
export interface Rooms {
  readonly mode: Mode;
  readonly limits: CanonicalizeLimits;
  /** What a limit that bit means for the verdict. Default: the score of what was seen decides. */
  readonly onLimit?: LimitPolicies;
  readonly tokenizer: { encode(open: Texts, limits: { maxWindows: number }): Encoding };
  readonly scorer: Pick<Scorer, 'screen' | 'score'>;
  readonly modelId: string;
  /** Windows of one request that may be scored; more are counted as not inspected. */
  readonly maxWindows: number;
  /** Sees every request after its verdict: decision log, metrics, capture, learning. Must not throw or block. */
  readonly observe?: (view: RequestView, canonical: CanonicalRequest, verdict: Verdict, score: Score | null) => void;
  /** Told of failures that nobody foresaw; the request itself is `not_scored`. */
  readonly onInternalError?: (error: unknown) => void;
}

/** The corridor: one request in, one verdict out. Never rejects; what cannot be scored is `not_scored` with its reason. */
export class Pipeline {
  constructor(private readonly rooms: Rooms) {}

  async inspect(view: RequestView, signal: AbortSignal): Promise<Verdict> {
    const { rooms } = this;
    const clock = new StageClock();
    let canonical = UNREAD;
    let verdict: Verdict;
    let score: Score | null = null;
    try {
      canonical = canonicalize(view, rooms.limits);
      clock.end('canonicalize');
      const screening = rooms.scorer.screen(canonical.fields, view.host);
      clock.end('screen');
      const encoding = rooms.tokenizer.encode(screening.open, rooms);
      canonical = withoutDropped(canonical, encoding);
      clock.end('tokenize');
      score = await rooms.scorer.score(screening, encoding, signal);
      clock.end('score');
      verdict = decide(score, this.context(view, canonical, clock));
    } catch (error) {
      const reason = reasonOf(error, signal);
      if (reason === 'internal') rooms.onInternalError?.(error);
      verdict = decideNotScored(reason, this.context(view, canonical, clock));
    }
    rooms.observe?.(view, canonical, verdict, score);
    return verdict;
  }

  private context(view: RequestView, canonical: CanonicalRequest, clock: StageClock) {
    const { mode, modelId, onLimit } = this.rooms;
    return { requestId: view.id, mode, modelId, canonical, onLimit, timings: clock.timings() };
  }
}

const UNREAD: CanonicalRequest = {
  fields: [],
  bytesInspected: 0,
  bytesReceived: 0,
  truncated: true,
  encodings: [],
  limits: [],
};

/**
 * Text that the window budget left out is bytes not inspected, estimated by its share of the request's text. What the
 * linear view has settled is not among it.
 */
function withoutDropped(canonical: CanonicalRequest, { droppedUnits }: Encoding): CanonicalRequest {
  if (droppedUnits === 0) return canonical;
  const units = canonical.fields.reduce((sum, { text }) => sum + text.length, 0);
  const bytesInspected = Math.floor(canonical.bytesInspected * (1 - droppedUnits / units));
  return {
    ...canonical,
    bytesInspected,
    truncated: true,
    limits: [...canonical.limits, 'windows'],
    uninspected: new Map([...(canonical.uninspected ?? []), ['windows', canonical.bytesInspected - bytesInspected]]),
  };
}

function reasonOf(error: unknown, signal: AbortSignal): NotScoredReason {
  if (signal.aborted) {
    const cause: unknown = signal.reason;
    return cause instanceof NormgateError && cause.code === 'deadline' ? 'deadline' : 'cancelled';
  }
  return error instanceof ScoreError ? error.reason : 'internal';
}

type Stage = 'canonicalize' | 'screen' | 'tokenize' | 'score';

/** Milliseconds between one stage's end and the next one's. */
class StageClock {
  private readonly started = performance.now();
  private last = this.started;
  private readonly spent: Record<Stage, number> = { canonicalize: 0, screen: 0, tokenize: 0, score: 0 };

  end(stage: Stage): void {
    const now = performance.now();
    this.spent[stage] = now - this.last;
    this.last = now;
  }

  timings(): Verdict['timings'] {
    return { ...this.spent, total: performance.now() - this.started };
  }
}

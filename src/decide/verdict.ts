import type { RequestMemory } from '../score/memory-view.js';
import type { FieldScore } from '../score/score.js';

/** Only `enforce` denies. */
export type Mode = 'monitor' | 'enforce' | 'learn';

/** Why a verdict came out as it did; closed, because it labels metrics. */
export type Reason = 'normal' | 'anomaly' | 'limit' | 'not_scored';

/** Why a request could not be scored; closed, because it labels metrics. */
export type NotScoredReason = 'deadline' | 'overloaded' | 'cancelled' | 'backend_failed' | 'internal';

/** What the proxy is told, and what people read about it at 3 a.m. */
export interface Verdict {
  readonly requestId: string;
  /** What the proxy is told to do; `monitor` never denies. */
  readonly action: 'allow' | 'deny';
  /** What `enforce` would have done. */
  readonly wouldDeny: boolean;
  readonly mode: Mode;
  readonly reason: Reason;
  readonly notScored?: NotScoredReason;
  /** Calibrated score in [0, 1]; 0.5 is the threshold. Null when not scored. */
  readonly score: number | null;
  readonly threshold: number;
  readonly modelId: string;
  /** The fields that decided, worst first. */
  readonly fields: readonly FieldScore[];
  /** What the host's history did; absent where it has none. */
  readonly memory?: RequestMemory;
  readonly bytesInspected: number;
  readonly bytesReceived: number;
  /** Milliseconds spent in each room. */
  readonly timings: Readonly<Record<'canonicalize' | 'screen' | 'tokenize' | 'score' | 'total', number>>;
}

import type { LessonOutcome } from './learner.js';
import type { LiveLearningOptions, Observation } from './live-learning.js';
import type { Evicted } from './make-room.js';

/** What the learning thread is started with: settings alone, since functions do not cross. */
export interface LearningInit
  extends Pick<LiveLearningOptions, 'dir' | 'modelId' | 'quorum' | 'windowMs' | 'saveMs' | 'thresholdRaw' | 'limits'> {
  /** Further names of fields that are kept redacted. */
  readonly redactNames: readonly string[];
  /** Int32Array of one: observations taken so far, modulo 2^32. */
  readonly taken: SharedArrayBuffer;
}

export type LearningRequest =
  | { readonly kind: 'observation'; readonly observation: Observation }
  | { readonly kind: 'report'; readonly id: number }
  | { readonly kind: 'close' };

export type LearningReply =
  | { readonly kind: 'outcomes'; readonly counts: Partial<Record<LessonOutcome, number>> }
  | { readonly kind: 'evicted'; readonly evicted: Evicted }
  | { readonly kind: 'report'; readonly id: number; readonly report: unknown }
  | { readonly kind: 'error'; readonly error: Error }
  | { readonly kind: 'fresh'; readonly reason: string }
  | { readonly kind: 'changed' };

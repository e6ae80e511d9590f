import type { CanonicalRequest } from '../canonicalize/canonical-request.js';
import type { Score } from '../score/score.js';
import { type LimitPolicies, limitPolicy } from './limit-policy.js';
import type { Mode, NotScoredReason, Verdict } from './verdict.js';

/** What a decision rests on beside the score. */
export interface DecisionContext {
  readonly requestId: string;
  readonly mode: Mode;
  readonly modelId: string;
  readonly canonical: Pick<CanonicalRequest, 'bytesInspected' | 'bytesReceived' | 'limits'>;
  readonly onLimit?: LimitPolicies;
  readonly timings: Verdict['timings'];
}

/** The calibrated score at which a request is an anomaly: the (1 - budget) quantile of benign traffic maps to it. */
export const THRESHOLD = 0.5;

/** Decides on a scored request. Monitor mode is the one override at the very end; the would-be verdict stays visible. */
export function decide(score: Score, context: DecisionContext): Verdict {
  const policy = limitPolicy(context.canonical.limits, context.onLimit);
  const anomaly = score.score >= THRESHOLD && policy !== 'allow';
  const wouldDeny = anomaly || policy === 'deny';
  return {
    ...base(context),
    action: wouldDeny && context.mode === 'enforce' ? 'deny' : 'allow',
    wouldDeny,
    reason: anomaly ? 'anomaly' : policy === 'score-what-was-seen' ? 'normal' : 'limit',
    score: score.score,
    fields: score.fields,
    ...(score.memory !== undefined && { memory: score.memory }),
  };
}

/** A request that could not be scored in time: never a guess, the configured policy answers for it. */
export function decideNotScored(reason: NotScoredReason, context: DecisionContext): Verdict {
  return {
    ...base(context),
    action: 'allow',
    wouldDeny: false,
    reason: 'not_scored',
    notScored: reason,
    score: null,
    fields: [],
  };
}

function base({ requestId, mode, modelId, canonical, timings }: DecisionContext) {
  const { bytesInspected, bytesReceived } = canonical;
  return { requestId, mode, modelId, threshold: THRESHOLD, bytesInspected, bytesReceived, timings } as const;
}

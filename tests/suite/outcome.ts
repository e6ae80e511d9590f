import type { Answer } from './send.js';

/**
 * What became of a request: denied by the firewall; answered by the application; refused by the proxy as no proper
 * request, without asking anybody; or no answer, or one that tells of a fault (5xx from the proxy).
 */
export type Outcome = 'blocked' | 'passed' | 'refused' | 'error';

/** How blocking shows. */
export interface Denials {
  /** Statuses of a denial. */
  readonly statuses: ReadonlySet<number>;
  /** True when our own Envoy answers: then its headers tell whose answer it is. */
  readonly ours: boolean;
}

export function outcomeOf(answer: Answer, { statuses, ours }: Denials): Outcome {
  if ('failed' in answer) return 'error';
  const { status, headers } = answer;
  if (!ours) return statuses.has(status) ? 'blocked' : 'passed';
  // Only what came from the application carries it (Envoy's router adds it).
  if (headers.has('x-envoy-upstream-service-time')) return 'passed';
  if (statuses.has(status) && headers.has('x-normgate-request-id')) return 'blocked';
  return status >= 500 || status === 0 ? 'error' : 'refused';
}

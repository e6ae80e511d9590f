import type { LimitName } from '../canonicalize/canonical-request.js';

/** What a limit that bit means: deny the request, allow it whatever was seen, or go by the score of what was seen. */
export type LimitPolicy = 'deny' | 'allow' | 'score-what-was-seen';

/** The policy of every limit, by the key under which the configuration names it. */
export type LimitPolicies = Readonly<Record<CamelCase<LimitName>, LimitPolicy>>;

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/**
 * The strictest policy of the limits that bit: one `deny` denies, and `allow` counts only where every one of them says so.
 * A secret that is left out by design is no limit unless its own policy makes it one.
 */
export function limitPolicy(limits: readonly LimitName[], policies?: LimitPolicies): LimitPolicy {
  if (policies === undefined) return 'score-what-was-seen';
  const asked = limits
    .filter((limit) => limit !== 'secret' || policies.secret !== 'score-what-was-seen')
    .map((limit) => policies[KEYS[limit]]);
  if (asked.length === 0) return 'score-what-was-seen';
  if (asked.includes('deny')) return 'deny';
  return asked.every((policy) => policy === 'allow') ? 'allow' : 'score-what-was-seen';
}

const KEYS: { readonly [Name in LimitName]: CamelCase<Name> } = {
  body_bytes: 'bodyBytes',
  fields: 'fields',
  depth: 'depth',
  decode_steps: 'decodeSteps',
  value_bytes: 'valueBytes',
  windows: 'windows',
  binary: 'binary',
  content_encoding: 'contentEncoding',
  cpu_time: 'cpuTime',
  proxy_truncated: 'proxyTruncated',
  secret: 'secret',
  tunnel: 'tunnel',
  trailers: 'trailers',
};

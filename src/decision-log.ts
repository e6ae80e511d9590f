import type { Logger } from 'pino';
import type { CanonicalRequest } from './canonicalize/canonical-request.js';
import { mask } from './capture/mask.js';
import { redactTarget } from './capture/redact-request.js';
import { redactText } from './capture/redact-text.js';
import { type SecretNames, secretNames } from './capture/secret-names.js';
import type { Verdict } from './decide/verdict.js';
import { explain, outline, type Reader } from './explain/explanation.js';
import { printable } from './printable.js';
import type { RequestView } from './request/request-view.js';
import type { FieldScore } from './score/score.js';

export interface DecisionLogOptions {
  /** Share of allowed requests logged, 0 to 1; those denied, that would be, or that were not scored are always logged. */
  readonly sampleAllow: number;
  /** Names to redact beside the built-in ones. */
  readonly redactNames: readonly string[];
}

export type DecisionLog = (view: RequestView, canonical: CanonicalRequest, verdict: Verdict) => void;

/** One line a request: what was decided, by which field, and how long it took. Attacker text comes out printable. */
export function decisionLog(logger: Logger, options: DecisionLogOptions): DecisionLog {
  const isSecret = secretNames(options.redactNames);
  let credit = 0;
  return (view, canonical, verdict) => {
    const message = messageFor(verdict);
    if (message === 'allow') {
      credit += options.sampleAllow;
      if (credit < 1) return;
      credit -= 1;
      if (logger.isLevelEnabled('info')) logger.info(entry(view, canonical, verdict, isSecret), message);
    } else if (logger.isLevelEnabled('warn')) logger.warn(entry(view, canonical, verdict, isSecret), message);
  };
}

function messageFor(verdict: Verdict): 'deny' | 'would deny' | 'not scored' | 'allow' {
  if (verdict.notScored !== undefined) return 'not scored';
  if (verdict.action === 'deny') return 'deny';
  return verdict.wouldDeny ? 'would deny' : 'allow';
}

function entry(view: RequestView, canonical: CanonicalRequest, verdict: Verdict, isSecret: SecretNames) {
  const reader = readerOf(isSecret);
  const { fields, timings, score, ...rest } = verdict;
  return {
    ...rest,
    score: score === null ? null : round(score),
    client: printable(view.client, 64),
    method: printable(view.method, 20),
    host: printable(view.host, 100),
    path: printable(redactTarget(view.target, isSecret), 200),
    fields: fields.map((field) => describeField(view, field, verdict.wouldDeny, reader)),
    truncated: canonical.truncated,
    limits: canonical.limits,
    uninspected: Object.fromEntries(canonical.uninspected ?? []),
    oddities: canonical.oddities ?? [],
    encodings: canonical.encodings,
    ms: Object.fromEntries(Object.entries(timings).map(([stage, milliseconds]) => [stage, round(milliseconds)])),
  };
}

/** The excerpt is for judging a denial; of a request that passes, values are nobody's business. */
function describeField(view: RequestView, scored: FieldScore, withExcerpt: boolean, reader: Reader) {
  const described = withExcerpt ? explain(view, scored, reader) : outline(scored, reader);
  return { ...described, score: round(scored.score) };
}

/** Whoever reads logs sees no secrets, and nothing that does something to a terminal. */
function readerOf(isSecret: SecretNames): Reader {
  return {
    fit: printable,
    hide: ({ zone, name, value }) => {
      if (zone === 'cookie' || isSecret(name)) return mask(value);
      const redacted = redactText(value, isSecret);
      return redacted === value ? null : redacted;
    },
    // Up to three milliseconds a field for the costliest.
    searched: 4096,
    bytes: 80,
  };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

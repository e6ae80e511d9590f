import type { Logger } from 'pino';
import type { CanonicalRequest } from './canonicalize/canonical-request.js';
import { MARKERS, showMarkers } from './canonicalize/markers.js';
import { mask } from './capture/mask.js';
import { redactTarget } from './capture/redact-request.js';
import { redactText } from './capture/redact-text.js';
import { type SecretNames, secretNames } from './capture/secret-names.js';
import type { Verdict } from './decide/verdict.js';
import { describeMemory } from './describe-memory.js';
import { rawSpan } from './explain/raw-span.js';
import { spanInValue } from './explain/span-in-value.js';
import { printable } from './printable.js';
import type { RequestView } from './request/request-view.js';
import type { FieldMemory } from './score/memory-view.js';
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
  const { fields, timings, score, ...rest } = verdict;
  return {
    ...rest,
    score: score === null ? null : round(score),
    client: printable(view.client, 64),
    method: printable(view.method, 20),
    host: printable(view.host, 100),
    path: printable(redactTarget(view.target, isSecret), 200),
    fields: fields.map((field) => describeField(view, field, verdict.wouldDeny, isSecret)),
    truncated: canonical.truncated,
    limits: canonical.limits,
    uninspected: Object.fromEntries(canonical.uninspected ?? []),
    oddities: canonical.oddities ?? [],
    encodings: canonical.encodings,
    ms: Object.fromEntries(Object.entries(timings).map(([stage, milliseconds]) => [stage, round(milliseconds)])),
  };
}

/** The excerpt is for judging a denial; of a request that passes, values are nobody's business. */
function describeField(view: RequestView, scored: FieldScore, withExcerpt: boolean, isSecret: SecretNames) {
  const { field, score, span, memory } = scored;
  const { zone, name } = field;
  const shown = { zone, name: printable(name, 60), score: round(score), ...noteOf(memory, withExcerpt) };
  if (!withExcerpt) return shown;
  const secret = zone === 'cookie' || isSecret(name);
  return {
    ...shown,
    excerpt: excerpt(field.text, span, secret, isSecret),
    span: spanInValue(scored),
    raw: rawOf(view, scored, secret, isSecret),
  };
}

/** Bytes of each part of a request that are looked through: up to three milliseconds a field for the costliest. */
const MAX_RAW_BYTES = 4096;

/** Where the span stands in the request as it came; its bytes too, unless they, or those around them, are a secret's. */
function rawOf(view: RequestView, { field, span }: FieldScore, secret: boolean, isSecret: SecretNames) {
  const raw = rawSpan(view, field, span, MAX_RAW_BYTES);
  if (raw === null) return null;
  const { bytes, ...place } = raw;
  const named = { ...place, ...(place.header !== undefined && { header: printable(place.header, 60) }) };
  // A placeholder stands for an id or a token, which canonical text does not show either.
  const hidden =
    secret || PLACEHOLDER.test(field.text.slice(...span)) || redactText(field.value, isSecret) !== field.value;
  return hidden ? named : { ...named, bytes: printable(bytes, MAX_EXCERPT) };
}

const PLACEHOLDER = new RegExp(`[${MARKERS.UUID}-\ue01f]`);

/** What memory said of a field; what is normal there only beside an excerpt. */
function noteOf(memory: FieldMemory | undefined, withNearest: boolean) {
  if (memory === undefined) return {};
  const note = describeMemory(memory);
  if (!withNearest || memory.kind !== 'field') return { memory: note };
  return { memory: note, nearest: memory.nearest.map((text) => printable(showMarkers(valueText(text)), MAX_EXCERPT)) };
}

const valueText = (text: string): string => text.slice(text.indexOf(MARKERS.VALUE) + 1);

/** Longest excerpt, in characters as written; source text beyond this would only be cut off again. */
const MAX_EXCERPT = 80;
/** Characters shown before the run that decided, so that one sees what it broke out of. */
const LEAD = 12;

function excerpt(text: string, [start]: FieldScore['span'], secret: boolean, isSecret: SecretNames): string {
  const value = text.indexOf(MARKERS.VALUE) + 1;
  const from = start > value ? Math.max(value, start - LEAD) : start;
  // Redacted before the cut, since half a secret is no longer recognized as one.
  const hidden = secret
    ? text.slice(0, value) + mask(text.slice(value))
    : text.slice(0, value) + redactText(text.slice(value), isSecret);
  // Masks keep the length but for web tokens, whose excerpt may then begin elsewhere in the value.
  return printable(showMarkers(hidden.slice(from, from + MAX_EXCERPT)), MAX_EXCERPT).slice(0, MAX_EXCERPT);
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

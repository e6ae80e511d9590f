import type { CanonicalField, Zone } from '../canonicalize/canonical-request.js';
import { MARKERS, showMarkers } from '../canonicalize/markers.js';
import { symbolsText } from '../memory/sequence.js';
import { printable } from '../printable.js';
import type { RequestView } from '../request/request-view.js';
import type { FieldMemory } from '../score/memory-view.js';
import type { FieldScore } from '../score/score.js';
import { describeMemory } from './describe-memory.js';
import { type RawSpan, rawSpan } from './raw-span.js';
import { spanInValue } from './span-in-value.js';

/** What may be told of any field. */
export interface Outline {
  readonly zone: Zone;
  readonly name: string;
  readonly score: number;
  /** How memory took part; absent where the host has none. */
  readonly memory?: string;
}

/**
 * Why a field stands out. The decision log, `normgate score --explain` and the trainer's report (`evaluation/worst.py`) tell
 * it by the same keys in the same order, bound by `tests/vectors/explanation.json`.
 */
export interface Explanation extends Outline {
  /** What decided, in UTF-16 units of the value; what stands in the name counts as the value's begin. */
  readonly span: readonly [start: number, end: number];
  /** The text that decided, with a little before it; markers by their names. */
  readonly excerpt: string;
  /** The bytes that it came from; null where it does not map, without `bytes` where they are nobody's business. */
  readonly raw: (Omit<RawSpan, 'bytes'> & Partial<Pick<RawSpan, 'bytes'>>) | null;
  /** What is normal in the field; null where the host has never shown it, absent where its history did not judge. */
  readonly normal?: Normal | null;
}

/** A field as its host's history knows it. */
export interface Normal {
  readonly observations: number;
  readonly values: number;
  /** Highest surprise of its values; null of a parameter that was always plain. */
  readonly ceiling: number | null;
  /** Those that it has shown, in one string: itself each, `a` for letters, `D` for encoded twice, `M` for malformed. */
  readonly symbols: string;
  /** UTF-16 units of its longest sequence, zone and name included. */
  readonly longest: number;
  /** Known values most like this one, redacted when they were learned. */
  readonly nearest: readonly string[];
}

/** What depends on who reads an explanation, and where. */
export interface Reader {
  /** Makes text from outside fit for the place, cut to about `max` units. */
  readonly fit: (text: string, max: number) => string;
  /** A value without its secrets, null where it has none; only web tokens change their length. Absent: nothing is hidden. */
  readonly hide?: (field: CanonicalField) => string | null;
  /** Bytes of each part of the request that are searched for the span, and bytes of the span that are shown. */
  readonly searched: number;
  readonly bytes: number;
}

export function outline({ field, score, memory }: FieldScore, reader: Reader): Outline {
  const note = memory === undefined ? {} : { memory: describeMemory(memory) };
  return { zone: field.zone, name: reader.fit(field.name, MAX_NAME), score, ...note };
}

export function explain(view: RequestView, scored: FieldScore, reader: Reader): Explanation {
  const hidden = reader.hide?.(scored.field) ?? null;
  return {
    ...outline(scored, reader),
    span: spanInValue(scored),
    excerpt: excerpt(scored, hidden, reader),
    raw: raw(view, scored, hidden, reader),
    ...normal(scored.memory, reader),
  };
}

const MAX_NAME = 60;
/** Longest excerpt and neighbor, in characters as written; source text beyond this would only be cut off again. */
const MAX_TEXT = 80;
/** Characters shown before the run that decided, so that one sees what it broke out of. */
const LEAD = 12;

function excerpt({ field, span: [start, end] }: FieldScore, hidden: string | null, reader: Reader): string {
  const { text, value } = field;
  const valueAt = text.length - value.length;
  // What reaches from the name into the value is shown from the value on, as `raw` has it: the name stands beside it anyway.
  const inName = start < end && end <= valueAt;
  const from = inName ? start : Math.max(valueAt, start - LEAD);
  // Redacted before the cut, since half a secret is no longer recognized as one. A web token's mask has another length, so
  // that the excerpt may then begin elsewhere in the value.
  const shown = hidden === null ? text : text.slice(0, valueAt) + hidden;
  return reader.fit(showMarkers(shown.slice(from, from + MAX_TEXT)), MAX_TEXT).slice(0, MAX_TEXT);
}

/** Without bytes where they, or those around them, are a secret's. */
function raw(view: RequestView, { field, span }: FieldScore, hidden: string | null, reader: Reader) {
  const found = rawSpan(view, field, span, reader.searched);
  if (found === null) return null;
  const { part, header, from, to, bytes } = found;
  const place = { part, ...(header !== undefined && { header: reader.fit(header, MAX_NAME) }), from, to };
  // A placeholder stands for an id or a token, which canonical text does not show either.
  const secret = hidden !== null || PLACEHOLDER.test(field.text.slice(...span));
  return secret && reader.hide !== undefined ? place : { ...place, bytes: printable(bytes, reader.bytes) };
}

const PLACEHOLDER = new RegExp(`[${MARKERS.UUID}-\ue01f]`);

function normal(memory: FieldMemory | undefined, reader: Reader): { normal?: Normal | null } {
  if (memory === undefined || memory.kind === 'known') return {};
  if (memory.kind === 'new') return { normal: null };
  const { observations, values, ceiling, symbols, longest, nearest } = memory;
  return {
    normal: {
      observations,
      values,
      ceiling: values > 0 ? Math.round(ceiling * 100) / 100 : null,
      symbols: symbolsText(symbols),
      longest,
      nearest: nearest().map((text) => reader.fit(showMarkers(text.slice(text.indexOf(MARKERS.VALUE) + 1)), MAX_TEXT)),
    },
  };
}

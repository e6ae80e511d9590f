import type { Window } from '../tokenize/encoding.js';
import type { CombineRule } from './combine.js';
import type { WindowScore } from './score.js';
import type { OpenPiece, Screening } from './screening.js';

/** A window that the Transformer has judged. */
export interface JudgedWindow {
  readonly window: Window;
  readonly score: WindowScore;
}

/** A field of which the Transformer has judged something. */
export interface JudgedField {
  /** The combined surprise of its worst judged piece, without memory; the logit where there is no linear view. */
  readonly raw: number;
  /** The one that decided. */
  readonly worst: JudgedWindow;
}

/** Of each field of the request what the views made of it together; undefined where the Transformer was not asked. */
export function judgeFields(
  { fields, open }: Screening,
  windows: readonly JudgedWindow[],
  rule: CombineRule | undefined,
): (JudgedField | undefined)[] {
  const judged: (JudgedField | undefined)[] = new Array(fields.length);
  for (const worst of windows) {
    const { logit } = worst.score;
    const piece = open.pieces?.[worst.window.field];
    const raw =
      rule === undefined || piece === undefined
        ? logit
        : rule.combine(rule.transformerSurprise(logit), rule.linearSurprise(piece.priority));
    const field = piece?.field ?? worst.window.field;
    const before = judged[field];
    if (before === undefined || raw > before.raw) judged[field] = { raw, worst };
  }
  return judged;
}

/**
 * Combined surprises of whole fields: NaN where nothing was judged, and where a piece that was not could have come to
 * more than those that were.
 */
export function wholeSurprises(
  { linear, open }: Screening,
  windows: readonly JudgedWindow[],
  judged: readonly (JudgedField | undefined)[],
  rule: CombineRule,
): Float64Array {
  const surprises = Float64Array.from(judged, (field) => field?.raw ?? Number.NaN);
  const unjudged = new Map<number, Float64Array>();
  for (const { window } of windows) {
    const { field, ordinal } = open.pieces![window.field]!;
    const all = linear![field]!.pieces;
    if (all === undefined) continue;
    const rest = unjudged.get(field) ?? all.slice();
    rest[ordinal] = Number.NEGATIVE_INFINITY;
    unjudged.set(field, rest);
  }
  for (const [field, rest] of unjudged) {
    const most = rest.reduce((a, b) => Math.max(a, b));
    const isKnown = most === Number.NEGATIVE_INFINITY || surprises[field]! >= rule.atMost(rule.linearSurprise(most));
    if (!isKnown) surprises[field] = Number.NaN;
  }
  return surprises;
}

/** A span of a piece's text as one of its field's: the head is the field's own, what follows it stands further on. */
export function spanInField(
  [start, end]: readonly [start: number, end: number],
  { head, start: body }: Pick<OpenPiece, 'head' | 'start'>,
): [start: number, end: number] {
  if (end <= head) return [start, end];
  return [Math.max(start, head) - head + body, end - head + body];
}

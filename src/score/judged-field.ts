import type { Encoding } from '../tokenize/encoding.js';
import type { CombineRule } from './combine.js';
import type { WindowScore } from './score.js';
import type { OpenPiece, Screening } from './screening.js';

/** A field of which the Transformer has judged something. */
export interface JudgedField {
  /** The combined surprise of its worst judged piece, without memory; the logit where there is no linear view. */
  readonly raw: number;
  /** Index of the window that decided. */
  readonly window: number;
}

/** Of each field of the request what the views made of it together; undefined where the Transformer was not asked. */
export function judgeFields(
  { fields, open }: Screening,
  encoding: Encoding,
  scores: readonly WindowScore[],
  rule: CombineRule | undefined,
): (JudgedField | undefined)[] {
  const judged: (JudgedField | undefined)[] = new Array(fields.length);
  for (const window of worstWindows(encoding, scores)) {
    const index = encoding.windows[window]!.field;
    const piece = open.pieces?.[index];
    const { logit } = scores[window]!;
    const raw =
      rule === undefined || piece === undefined
        ? logit
        : rule.combine(rule.transformerSurprise(logit), rule.linearSurprise(piece.priority));
    const field = piece?.field ?? index;
    const before = judged[field];
    if (before === undefined || raw > before.raw) judged[field] = { raw, window };
  }
  return judged;
}

/**
 * Combined surprises of whole fields: NaN where nothing was judged, and where a piece that was not could have come to
 * more than those that were.
 */
export function wholeSurprises(
  { linear, open }: Screening,
  encoding: Encoding,
  judged: readonly (JudgedField | undefined)[],
  rule: CombineRule,
): Float64Array {
  const surprises = Float64Array.from(judged, (field) => field?.raw ?? Number.NaN);
  const unjudged = new Map<number, Float64Array>();
  for (const { field: index } of encoding.windows) {
    const { field, ordinal } = open.pieces![index]!;
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

/** Of each text that has windows, the index of the one with the highest logit. */
function worstWindows(encoding: Encoding, scores: readonly WindowScore[]): number[] {
  const worst: number[] = [];
  let field = -1;
  for (let i = 0; i < encoding.windows.length; i++) {
    if (encoding.windows[i]!.field !== field) {
      field = encoding.windows[i]!.field;
      worst.push(i);
    } else if (scores[i]!.logit > scores[worst.at(-1)!]!.logit) {
      worst[worst.length - 1] = i;
    }
  }
  return worst;
}

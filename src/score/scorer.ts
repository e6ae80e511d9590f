import type { CanonicalField } from '../canonicalize/canonical-request.js';
import type { Encoding } from '../tokenize/encoding.js';
import type { Calibration } from './calibration.js';
import type { CombineRule } from './combine.js';
import type { HostCalibrations } from './host-calibrations.js';
import { type JudgedField, type JudgedWindow, judgeFields, spanInField, wholeSurprises } from './judged-field.js';
import type { LinearScore } from './linear-view.js';
import type { MemoryView } from './memory-view.js';
import type { PieceShape } from './pieces.js';
import { roundsOf } from './rounds.js';
import type { FieldScore, Score } from './score.js';
import { type OpenPiece, OpenPieces, type Screening } from './screening.js';
import type { View } from './view.js';

/** The linear view and how it goes together with the Transformer. */
export interface SecondView {
  /** `LinearView`. */
  readonly linear: { score(text: string): LinearScore };
  /** How both views' opinions of a long field are put together: piece by piece. */
  readonly pieces: PieceShape;
  readonly rule: CombineRule;
  /**
   * Leave to the Transformer only the pieces that it can still push over the threshold, and those only until one has;
   * decisions are the same. Off, it judges every piece, which is what learning needs.
   */
  readonly cascade: boolean;
  /** What is normal on each host; absent where no memory is configured. */
  readonly memory?: MemoryView;
}

export interface ScorerOptions {
  readonly modelId: string;
  readonly view: View;
  /** Absent with a bundle that has the Transformer alone; its logit is then the raw score. */
  readonly second?: SecondView;
  readonly calibration: Calibration;
  /** Hosts with a calibration of their own; absent where the bundle has none. */
  readonly hosts?: HostCalibrations;
  /** Share of benign requests that may be denied, from the bundle's smallest budget up to 1. */
  readonly budget: number;
  /** Where tokens [from, to) of a window stand in the text it was cut from. `Tokenizer.spanOf`. */
  readonly spanOf: (text: string, ordinal: number, from: number, to: number) => [start: number, end: number];
  /** Most fields named in a score. Default 5: more does not fit a log line that a person reads. */
  readonly topFields?: number;
  /** Lowest score of a field whose span is looked up, which encodes it again. Default 0.5; 0 explains every top field. */
  readonly spanFloor?: number;
  /** Once a request that was screened: its fields, and those of which a piece is left to the Transformer. */
  readonly onScreened?: (screened: { readonly fields: number; readonly known: number; readonly open: number }) => void;
  /** Name known values too, after the fields that were scored. Default false. */
  readonly showKnown?: boolean;
}

/** A field with its raw score, before it is known to be worth describing. */
interface Candidate {
  readonly field: CanonicalField;
  readonly raw: number;
  /** The window that decided; absent when the Transformer did not judge the field. */
  readonly worst: JudgedWindow | undefined;
  readonly linear: LinearScore | undefined;
  /** What memory added to `raw`; NaN for a known value. */
  readonly shift: number;
}

/** What the rounds came to so far. */
interface Judged {
  readonly windows: JudgedWindow[];
  fields: (JudgedField | undefined)[];
  candidates: Candidate[];
  cacheHits: number;
}

/** Below this distance from the threshold rounding might decide, so the Transformer does. */
const ROUNDING = 1e-9;

/** By how much a field that was not judged stays below the threshold at least: enough to show in a log. */
const UNJUDGED = 0.01;

/** Windows a round: two batches, so that a round leaves no worker idle and a request that is denied rarely pays for more. */
const ROUND_WINDOWS = 20;

/**
 * Views to a request's score: the worst window of a piece, both views' surprise at it, the worst piece of a field, the
 * worst field of the request, calibrated.
 *
 * Two steps, since most fields are settled by the first: {@link screen} asks memory and the linear view, {@link score}
 * the Transformer about the pieces that are still open. A known value is not scored at all; on a host with a history,
 * both the scores and the threshold are those of memory; a host with a calibration of its own goes by that. For a field
 * that is settled the linear surprise stands for both, since whatever the Transformer could have made of it lies below
 * the threshold. The same holds for the settled pieces of a field that is not.
 *
 * The open pieces are judged by rounds, the oddest first, until one decides. What the window budget left out cannot
 * decide: the linear view was wrong about every piece that it found odder still, so its word alone is worth nothing there.
 */
export class Scorer {
  /** The raw score at which a request scores 0.5, on hosts without and with a history. */
  readonly thresholdRaw: number;
  readonly matureThresholdRaw: number;
  /**
   * The budget on hosts with a history: the operator's or, where that is more, what the bare threshold lets through there.
   * A history says nothing of fields that it does not know, and must not excuse in them what is denied elsewhere.
   */
  private readonly matureBudget: number;
  private readonly topFields: number;
  private readonly spanFloor: number;

  /** @throws RangeError when the bundle cannot support the budget. */
  constructor(private readonly options: ScorerOptions) {
    const { calibration, budget, second } = options;
    this.thresholdRaw = calibration.thresholdFor(budget);
    const mature = second?.memory?.options.calibration;
    this.matureBudget = mature === undefined ? budget : Math.max(budget, mature.shareOf(this.thresholdRaw));
    this.matureThresholdRaw = mature?.thresholdFor(this.matureBudget) ?? this.thresholdRaw;
    const highest = Math.max(this.thresholdRaw, this.matureThresholdRaw);
    const most = second?.rule.atMost(second.rule.bound);
    if (most !== undefined && highest >= most) {
      throw new RangeError(
        `false-positive budget: expected one whose threshold lies below the bound of a surprise, ${most.toPrecision(3)}, ` +
          `or nothing could be denied; got ${budget} with ${highest.toPrecision(3)}`,
      );
    }
    this.topFields = options.topFields ?? 5;
    this.spanFloor = options.spanFloor ?? 0.5;
    if (!Number.isInteger(this.topFields) || this.topFields < 1) {
      throw new RangeError(`topFields: expected an integer from 1 up, got ${this.topFields}`);
    }
  }

  /** Asks memory, then the linear view about what is no known value; pure and synchronous. */
  screen(fields: readonly CanonicalField[], host = ''): Screening {
    const { second, hosts, onScreened } = this.options;
    const own = hosts?.of(host);
    const bare = own?.thresholdRaw ?? this.thresholdRaw;
    if (second === undefined) return { fields, own, threshold: bare, open: { fields } };
    const { rule, cascade } = second;
    const memory = second.memory?.look(host, fields);
    const threshold = memory?.summary.mature ? this.matureThresholdRaw : bare;
    const linear: (LinearScore | undefined)[] = new Array(fields.length);
    const open = new OpenPieces(second.pieces);
    let openFields = 0;
    // Outside the loop, so that one closure serves all fields.
    let i = 0;
    const isOpen = (logit: number): boolean => {
      const most = rule.atMost(rule.linearSurprise(logit));
      return !cascade || (memory?.adjust(i, most) ?? most) >= threshold - ROUNDING;
    };
    for (; i < fields.length; i++) {
      if (memory?.knows(i)) continue;
      const score = second.linear.score(fields[i]!.text);
      linear[i] = score;
      if (open.add(fields[i]!, i, score, isOpen)) openFields++;
    }
    onScreened?.({ fields: fields.length, known: memory?.summary.known ?? 0, open: openFields });
    return { fields, linear, memory, own, threshold, open };
  }

  /**
   * Asks the Transformer about the open pieces, which `encoding` holds, and scores the request; one without fields
   * scores 0. Rejects with ScoreError.
   */
  async score(screening: Screening, encoding: Encoding, signal: AbortSignal): Promise<Score> {
    const { modelId, second } = this.options;
    const { windows, fields: judged, candidates, cacheHits } = await this.judge(screening, encoding, signal);
    candidates.sort((a, b) => b.raw - a.raw);
    const describe = (one: Candidate): FieldScore => this.describe(one, screening);
    const fields = candidates.slice(0, this.topFields).map(describe);
    if (this.options.showKnown) fields.push(...knownOf(screening).map(describe));
    const worst = candidates.length > 0 ? fields[0] : undefined;
    return {
      modelId,
      raw: worst?.raw ?? Number.NEGATIVE_INFINITY,
      score: worst?.score ?? 0,
      fields,
      fieldCount: screening.fields.length,
      windowCount: windows.length,
      cacheHits,
      memory: screening.memory?.summary,
      surprises:
        second === undefined
          ? new Float64Array(screening.fields.length).fill(Number.NaN)
          : wholeSurprises(screening, windows, judged, second.rule),
    };
  }

  /** Round after round until one decides or none is left. */
  private async judge(screening: Screening, { fields, windows }: Encoding, signal: AbortSignal): Promise<Judged> {
    const { view, second } = this.options;
    const judged: Judged = { windows: [], fields: [], candidates: [], cacheHits: 0 };
    const size = second?.cascade ? ROUND_WINDOWS : Number.POSITIVE_INFINITY;
    for (const round of roundsOf(windows, screening.open.pieces, size)) {
      const answer = await view.score({ fields, windows: round }, signal);
      round.forEach((window, i) => {
        judged.windows.push({ window, score: answer.windows[i]! });
      });
      judged.cacheHits += answer.cacheHits;
      judged.fields = judgeFields(screening, judged.windows, second?.rule);
      judged.candidates = this.candidates(screening, judged.fields);
      if (judged.candidates.some(({ raw }) => raw >= screening.threshold + ROUNDING)) break;
    }
    return judged;
  }

  /** Every field that some view has an opinion of. Only the Transformer's can be one to deny for. */
  private candidates(
    { fields, linear, memory, threshold }: Screening,
    judged: readonly (JudgedField | undefined)[],
  ): Candidate[] {
    const { second } = this.options;
    const candidates: Candidate[] = [];
    for (let i = 0; i < fields.length; i++) {
      const own = linear?.[i];
      const surprise = judged[i]?.raw ?? (own && second?.rule.linearSurprise(own.logit));
      if (surprise === undefined || memory?.knows(i)) continue;
      const worst = judged[i]?.worst;
      const adjusted = memory?.adjust(i, surprise) ?? surprise;
      const raw = worst === undefined ? Math.min(adjusted, threshold - UNJUDGED) : adjusted;
      candidates.push({ field: fields[i]!, raw, worst, linear: own, shift: adjusted - surprise });
    }
    return candidates;
  }

  private describe({ field, raw, worst, linear, shift }: Candidate, { memory, own, open }: Screening): FieldScore {
    const { second, calibration } = this.options;
    const budget = memory?.summary.mature ? this.matureBudget : this.options.budget;
    const table = memory?.summary.mature ? second!.memory!.options.calibration : (own?.calibration ?? calibration);
    const score = Number.isNaN(shift) ? 0 : table.score(raw, budget);
    let span: FieldScore['span'] = [0, 0];
    if (score >= this.spanFloor) {
      const piece = worst && open.pieces?.[worst.window.field];
      if (worst !== undefined && !this.linearIsStranger(worst.score.logit, piece, linear)) {
        const { window, score: run } = worst;
        span = this.options.spanOf(open.fields[window.field]!.text, window.ordinal, run.from, run.to);
        if (piece !== undefined) span = spanInField(span, piece);
      } else if (linear !== undefined) span = [linear.start, linear.end];
    }
    return { field, raw, score, span, ...(memory !== undefined && { memory: memory.describe(field, shift) }) };
  }

  /** The Transformer's span is finer, but means nothing where it saw nothing, unless the linear view's is of another piece. */
  private linearIsStranger(logit: number, piece: OpenPiece | undefined, linear: LinearScore | undefined): boolean {
    const { second } = this.options;
    if (second === undefined || piece === undefined || linear === undefined) return false;
    if (linear.start < piece.start || linear.end > piece.end) return false;
    return second.rule.linearSurprise(piece.priority) > second.rule.transformerSurprise(logit) + STRANGER;
  }
}

/** By how much more the linear view must be surprised for its coarser span to be shown: a factor of ten in frequency. */
const STRANGER = 1;

/** The fields that are known values, which score nothing. */
function knownOf({ fields, memory }: Screening): Candidate[] {
  if (memory === undefined) return [];
  const known = fields.filter((_, i) => memory.knows(i));
  return known.map((field) => ({
    field,
    raw: Number.NEGATIVE_INFINITY,
    worst: undefined,
    linear: undefined,
    shift: Number.NaN,
  }));
}

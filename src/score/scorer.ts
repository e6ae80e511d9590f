import type { CanonicalField } from '../canonicalize/canonical-request.js';
import type { Encoding } from '../tokenize/encoding.js';
import type { Calibration } from './calibration.js';
import type { CombineRule } from './combine.js';
import type { HostCalibrations } from './host-calibrations.js';
import { type JudgedField, judgeFields, spanInField, wholeSurprises } from './judged-field.js';
import type { LinearScore } from './linear-view.js';
import type { MemoryView } from './memory-view.js';
import type { PieceShape } from './pieces.js';
import type { FieldScore, Score, WindowScore } from './score.js';
import { type OpenPiece, OpenPieces, type Screening } from './screening.js';
import type { View } from './view.js';

/** The linear view and how it goes together with the Transformer. */
export interface SecondView {
  /** `LinearView`. */
  readonly linear: { score(text: string): LinearScore };
  /** How both views' opinions of a long field are put together: piece by piece. */
  readonly pieces: PieceShape;
  readonly rule: CombineRule;
  /** Leave to the Transformer only the pieces that it can still push over the threshold; decisions are the same. */
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
  /** Index of the window that decided; -1 when the Transformer did not judge it. */
  readonly window: number;
  readonly linear: LinearScore | undefined;
  /** What memory added to `raw`; NaN for a known value. */
  readonly shift: number;
}

/** Below this distance from the threshold rounding might decide, so the Transformer does. */
const ROUNDING = 1e-9;

/**
 * Views to a request's score: the worst window of a piece, both views' surprise at it, the worst piece of a field, the
 * worst field of the request, calibrated.
 *
 * Two steps, since most fields are settled by the first: {@link screen} asks memory and the linear view, {@link score}
 * the Transformer about the pieces that are still open. A known value is not scored at all; on a host with a history,
 * both the scores and the threshold are those of memory; a host with a calibration of its own goes by that. For a field
 * that is settled the linear surprise stands for both; it lies, like whatever the Transformer could have made of it,
 * below the threshold. The same holds for the settled pieces of a field that is not.
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
    if (second !== undefined && highest >= second.rule.bound) {
      throw new RangeError(
        `false-positive budget: expected one whose threshold lies below the bound of a surprise, ${second.rule.bound}, ` +
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
    if (second === undefined) return { fields, own, open: { fields } };
    const { rule, cascade } = second;
    const memory = second.memory?.look(host, fields);
    const threshold = memory?.summary.mature ? this.matureThresholdRaw : (own?.thresholdRaw ?? this.thresholdRaw);
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
    return { fields, linear, memory, own, open };
  }

  /**
   * Asks the Transformer about the open pieces, which `encoding` holds, and scores the request; one without fields
   * scores 0. Rejects with ScoreError.
   */
  async score(screening: Screening, encoding: Encoding, signal: AbortSignal): Promise<Score> {
    const { view, modelId, second } = this.options;
    const { windows, cacheHits } = await view.score(encoding, signal);
    const judged = judgeFields(screening, encoding, windows, second?.rule);
    const candidates = this.candidates(screening, judged);
    candidates.sort((a, b) => b.raw - a.raw);
    const describe = (one: Candidate): FieldScore => this.describe(one, screening, encoding, windows);
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
          : wholeSurprises(screening, encoding, judged, second.rule),
    };
  }

  /** Every field that some view has an opinion of. */
  private candidates({ fields, linear, memory }: Screening, judged: readonly (JudgedField | undefined)[]): Candidate[] {
    const { second } = this.options;
    const candidates: Candidate[] = [];
    for (let i = 0; i < fields.length; i++) {
      const own = linear?.[i];
      const surprise = judged[i]?.raw ?? (own && second?.rule.linearSurprise(own.logit));
      if (surprise === undefined || memory?.knows(i)) continue;
      const window = judged[i]?.window ?? -1;
      const raw = memory?.adjust(i, surprise) ?? surprise;
      candidates.push({ field: fields[i]!, raw, window, linear: own, shift: raw - surprise });
    }
    return candidates;
  }

  private describe(
    { field, raw, window, linear, shift }: Candidate,
    { memory, own, open }: Screening,
    encoding: Encoding,
    scores: readonly WindowScore[],
  ): FieldScore {
    const { second, calibration } = this.options;
    const budget = memory?.summary.mature ? this.matureBudget : this.options.budget;
    const table = memory?.summary.mature ? second!.memory!.options.calibration : (own?.calibration ?? calibration);
    const score = Number.isNaN(shift) ? 0 : table.score(raw, budget);
    let span: FieldScore['span'] = [0, 0];
    if (score >= this.spanFloor) {
      const index = encoding.windows[window]?.field;
      const piece = index === undefined ? undefined : open.pieces?.[index];
      if (index !== undefined && !this.linearIsStranger(scores[window]!.logit, piece, linear)) {
        const { from, to } = scores[window]!;
        span = this.options.spanOf(open.fields[index]!.text, encoding.windows[window]!.ordinal, from, to);
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
    window: -1,
    linear: undefined,
    shift: Number.NaN,
  }));
}

import type { CanonicalField } from '../canonicalize/canonical-request.js';
import type { Encoding } from '../tokenize/encoding.js';
import type { Calibration } from './calibration.js';
import type { CombineRule } from './combine.js';
import type { HostCalibration, HostCalibrations } from './host-calibrations.js';
import type { LinearScore } from './linear-view.js';
import type { MemoryView, RequestShifts } from './memory-view.js';
import type { FieldScore, Score, WindowScore } from './score.js';
import type { View } from './view.js';

/** The linear view and how it goes together with the Transformer. */
export interface SecondView {
  /** `LinearView`. */
  readonly linear: { score(text: string): LinearScore };
  readonly rule: CombineRule;
  /** Leave to the Transformer only the fields that it can still push over the threshold; decisions are the same. */
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
  /** Where tokens [from, to) of a window stand in a field's text. `Tokenizer.spanOf`. */
  readonly spanOf: (text: string, ordinal: number, from: number, to: number) => [start: number, end: number];
  /** Most fields named in a score. Default 5: more does not fit a log line that a person reads. */
  readonly topFields?: number;
  /** Lowest score of a field whose span is looked up, which encodes it again. Default 0.5; 0 explains every top field. */
  readonly spanFloor?: number;
  /** Once a request that was screened: its fields, and those left to the Transformer. */
  readonly onScreened?: (screened: { readonly fields: number; readonly known: number; readonly open: number }) => void;
  /** Name known values too, after the fields that were scored. Default false. */
  readonly showKnown?: boolean;
}

/** A request's fields after memory and the linear view. */
export interface Screening {
  readonly fields: readonly CanonicalField[];
  /** What the linear view says of each field that is not a known value; absent without that view. */
  readonly linear?: readonly (LinearScore | undefined)[];
  /** What the host's history says; absent where it has none. */
  readonly memory?: RequestShifts;
  /** The host's own calibration; absent where everyone's applies. */
  readonly own?: HostCalibration;
  /** The fields that the Transformer must judge, and their indices. Everything without a linear view. */
  readonly open: { readonly fields: readonly CanonicalField[]; readonly indices: readonly number[] };
}

/** A field with its raw score, before it is known to be worth describing. */
interface Candidate {
  readonly field: CanonicalField;
  readonly raw: number;
  /** Index of its worst window; -1 when the Transformer did not judge it. */
  readonly window: number;
  readonly linear: LinearScore | undefined;
  /** What memory added to `raw`; NaN for a known value. */
  readonly shift: number;
}

/** Below this distance from the threshold rounding might decide, so the Transformer does. */
const ROUNDING = 1e-9;

/**
 * Views to a request's score: the worst window of a field, both views' surprise at it, the worst field of the request,
 * calibrated.
 *
 * Two steps, since most fields are settled by the first: {@link screen} asks memory and the linear view, {@link score}
 * the Transformer about what is still open. A known value is not scored at all; on a host with a history, both the scores
 * and the threshold are those of memory; a host with a calibration of its own goes by that. For a field that is settled the linear surprise stands for both; it lies, like
 * whatever the Transformer could have made of it, below the threshold.
 */
export class Scorer {
  /** The raw score at which a request scores 0.5, on hosts without and with a history. */
  readonly thresholdRaw: number;
  readonly matureThresholdRaw: number;
  private readonly topFields: number;
  private readonly spanFloor: number;

  /** @throws RangeError when the bundle cannot support the budget. */
  constructor(private readonly options: ScorerOptions) {
    const { calibration, budget, second } = options;
    this.thresholdRaw = calibration.thresholdFor(budget);
    this.matureThresholdRaw = second?.memory?.options.calibration.thresholdFor(budget) ?? this.thresholdRaw;
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
    if (second === undefined) return { fields, own, open: { fields, indices: fields.map((_, i) => i) } };
    const memory = second.memory?.look(host, fields);
    const threshold = memory?.summary.mature ? this.matureThresholdRaw : (own?.thresholdRaw ?? this.thresholdRaw);
    const linear: (LinearScore | undefined)[] = new Array(fields.length);
    const indices: number[] = [];
    for (let i = 0; i < fields.length; i++) {
      const shift = memory?.shifts[i] ?? 0;
      if (Number.isNaN(shift)) continue;
      const score = second.linear.score(fields[i]!.text);
      linear[i] = score;
      const most = second.rule.atMost(second.rule.linearSurprise(score.logit)) + shift;
      if (!second.cascade || most >= threshold - ROUNDING) indices.push(i);
    }
    onScreened?.({ fields: fields.length, known: memory?.summary.known ?? 0, open: indices.length });
    return { fields, linear, memory, own, open: { fields: indices.map((i) => fields[i]!), indices } };
  }

  /**
   * Asks the Transformer about the open fields, which `encoding` holds, and scores the request; one without fields
   * scores 0. Rejects with ScoreError.
   */
  async score(screening: Screening, encoding: Encoding, signal: AbortSignal): Promise<Score> {
    const { view, modelId } = this.options;
    const { windows, cacheHits } = await view.score(encoding, signal);
    const surprises = new Float64Array(screening.fields.length).fill(Number.NaN);
    const candidates = this.candidates(screening, encoding, windows, surprises);
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
      surprises,
    };
  }

  /** Every field that some view has an opinion of. Fills in the surprises that both views together came to. */
  private candidates(
    { fields, linear, memory, open }: Screening,
    encoding: Encoding,
    scores: readonly WindowScore[],
    surprises: Float64Array,
  ): Candidate[] {
    const { second } = this.options;
    const worst = new Int32Array(fields.length).fill(-1);
    for (const window of worstWindows(encoding, scores)) worst[open.indices[encoding.windows[window]!.field]!] = window;
    const candidates: Candidate[] = [];
    for (let i = 0; i < fields.length; i++) {
      const window = worst[i]!;
      const logit = window < 0 ? undefined : scores[window]!.logit;
      if (second === undefined) {
        if (logit !== undefined)
          candidates.push({ field: fields[i]!, raw: logit, window, linear: undefined, shift: 0 });
        continue;
      }
      const shift = memory?.shifts[i] ?? 0;
      if (Number.isNaN(shift)) continue;
      const { rule } = second;
      const linearSurprise = rule.linearSurprise(linear![i]!.logit);
      if (logit !== undefined) surprises[i] = rule.combine(rule.transformerSurprise(logit), linearSurprise);
      const raw = (logit === undefined ? linearSurprise : surprises[i]!) + shift;
      candidates.push({ field: fields[i]!, raw, window, linear: linear![i], shift });
    }
    return candidates;
  }

  private describe(
    { field, raw, window, linear, shift }: Candidate,
    { memory, own }: Screening,
    encoding: Encoding,
    scores: readonly WindowScore[],
  ): FieldScore {
    const { second, calibration, budget } = this.options;
    const table = memory?.summary.mature ? second!.memory!.options.calibration : (own?.calibration ?? calibration);
    const score = Number.isNaN(shift) ? 0 : table.score(raw, budget);
    let span: FieldScore['span'] = [0, 0];
    if (score >= this.spanFloor) {
      if (window >= 0 && !this.linearIsStranger(scores[window]!.logit, linear)) {
        const { from, to } = scores[window]!;
        span = this.options.spanOf(field.text, encoding.windows[window]!.ordinal, from, to);
      } else if (linear !== undefined) span = [linear.start, linear.end];
    }
    return { field, raw, score, span, ...(memory !== undefined && { memory: memory.describe(field, shift) }) };
  }

  /** The Transformer's span is finer, but means nothing where it saw nothing. */
  private linearIsStranger(logit: number, linear: LinearScore | undefined): boolean {
    const { second } = this.options;
    if (second === undefined || linear === undefined) return false;
    return second.rule.linearSurprise(linear.logit) > second.rule.transformerSurprise(logit) + STRANGER;
  }
}

/** By how much more the linear view must be surprised for its coarser span to be shown: a factor of ten in frequency. */
const STRANGER = 1;

/** The fields that are known values, which score nothing. */
function knownOf({ fields, memory }: Screening): Candidate[] {
  if (memory === undefined) return [];
  const known = fields.filter((_, i) => Number.isNaN(memory.shifts[i]));
  return known.map((field) => ({
    field,
    raw: Number.NEGATIVE_INFINITY,
    window: -1,
    linear: undefined,
    shift: Number.NaN,
  }));
}

/** Of each field that has windows, the index of the one with the highest logit. */
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

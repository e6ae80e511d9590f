import type { CanonicalField } from '../canonicalize/canonical-request.js';
import type { FieldMemory, RequestMemory } from './memory-view.js';

/** What a view thinks of one window. */
export interface WindowScore {
  /** Pooled anomaly logit: mean of the best six-token run and the sequence logit (manifest `pooling`). */
  readonly logit: number;
  /** First token of the most surprising run, as an index into the window's ids. */
  readonly from: number;
  /** One past the last token of that run. */
  readonly to: number;
}

/** What the views together think of one field. */
export interface FieldScore {
  readonly field: CanonicalField;
  /** Raw score: the mean of both views' surprises, moved by memory; or, with one view, the maximum logit of the field's windows. */
  readonly raw: number;
  /** Calibrated, in [0, 1]; 0.5 is the operating threshold. */
  readonly score: number;
  /** The most surprising run or window as UTF-16 offsets into `field.text`; [0, 0] when unknown. */
  readonly span: readonly [start: number, end: number];
  /** What the host's history said of it; absent where the host has none. */
  readonly memory?: FieldMemory;
}

/** A request's score: the maximum over its fields. */
export interface Score {
  readonly modelId: string;
  /** Raw score of the worst field; -Infinity when nothing needed scoring. */
  readonly raw: number;
  /** Calibrated, in [0, 1]; 0 when nothing needed scoring. */
  readonly score: number;
  /** The most surprising fields, worst first, at most `topFields`. */
  readonly fields: readonly FieldScore[];
  /** Fields considered, windows that the Transformer judged, and how many of those the cache answered. */
  readonly fieldCount: number;
  readonly windowCount: number;
  readonly cacheHits: number;
  /** What the host's history did for the request; absent where the host has none. */
  readonly memory?: RequestMemory;
  /** Of each field of the request, in its order, both views' combined surprise without memory; NaN where that was not worked out. */
  readonly surprises: Float64Array;
}

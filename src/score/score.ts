import type { CanonicalField } from '../canonicalize/canonical-request.js';

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
  /** Raw logit, the maximum over the field's windows. */
  readonly logit: number;
  /** Calibrated, in [0, 1]; 0.5 is the operating threshold. */
  readonly score: number;
  /** The most surprising run as UTF-16 offsets into `field.text`; [0, 0] when unknown. */
  readonly span: readonly [start: number, end: number];
}

/** A request's score: the maximum over its fields. */
export interface Score {
  readonly modelId: string;
  /** Raw logit of the worst field; -Infinity when nothing needed scoring. */
  readonly logit: number;
  /** Calibrated, in [0, 1]; 0 when nothing needed scoring. */
  readonly score: number;
  /** The most surprising fields, worst first, at most `topFields`. */
  readonly fields: readonly FieldScore[];
  /** Fields considered, and how many windows were answered by the cache. */
  readonly fieldCount: number;
  readonly windowCount: number;
  readonly cacheHits: number;
}

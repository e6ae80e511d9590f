import type { CanonicalField } from '../canonicalize/canonical-request.js';

/** One model input: `[CLS] prefix tokens…`, at most the bundle's window length. */
export interface Window {
  /** Token ids, the leading CLS included; every id is below 65,536. */
  readonly ids: Uint16Array;
  /** Index into the encoding's fields. */
  readonly field: number;
  /** Index of this window among its field's windows, from 0. */
  readonly ordinal: number;
}

/** A canonical request as model inputs: every field has at least one window unless the window budget bit. */
export interface Encoding {
  readonly fields: readonly CanonicalField[];
  readonly windows: readonly Window[];
  /** Tokens over all windows, padding excluded. */
  readonly tokens: number;
  /** Windows left out because the budget bit. */
  readonly droppedWindows: number;
}

/** What a window budget goes by when it cannot keep every text. */
export interface Standing {
  /** The highest is kept. */
  readonly priority: number;
  /** UTF-16 units that nobody reads if it is left out; texts may overlap. */
  readonly units: number;
}

/** Texts to encode. */
export interface Texts {
  readonly fields: readonly { readonly text: string }[];
  /** Of each text how it stands; absent where texts are fields, and their own windows are ranked by place and syntax. */
  readonly pieces?: readonly Standing[];
}

/** One model input: `[CLS] prefix tokens…`, at most the bundle's window length. */
export interface Window {
  /** Token ids, the leading CLS included; every id is below 65,536. */
  readonly ids: Uint16Array;
  /** Index into the encoding's fields, by which windows are grouped. */
  readonly field: number;
  /** Index of this window among those of its text, from 0. */
  readonly ordinal: number;
}

/** Texts as model inputs: every one has at least one window unless the window budget bit. */
export interface Encoding {
  readonly fields: Texts['fields'];
  readonly windows: readonly Window[];
  /** Tokens over all windows, padding excluded. */
  readonly tokens: number;
  /** UTF-16 units of text left out because the budget bit: of each text the share that its windows left out are of all. */
  readonly droppedUnits: number;
}

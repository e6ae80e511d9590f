import type { WindowScore } from './score.js';

/** What runs the model; closed, because it labels metrics. */
export type Provider = 'cpu' | 'cuda' | 'tensorrt' | 'webgpu';

export interface BackendHealth {
  /** Workers that can take a batch now. */
  readonly ready: number;
  readonly workers: number;
  /** Workers that died and were replaced since the start. */
  readonly restarts: number;
}

/** Runs batches of windows through a model; the only thing that knows how. */
export interface Backend {
  /** Loads the model and proves it with one inference. Rejects with what is wrong with it. */
  load(): Promise<void>;
  /**
   * Scores windows; results in the same order. A window's score does not depend on the others.
   * Rejects with ScoreError `backend_failed`.
   */
  infer(windows: readonly Uint16Array[]): Promise<WindowScore[]>;
  health(): BackendHealth;
  /** The provider that really runs; undefined before {@link load}. */
  provider(): Provider | undefined;
  /** Rejects what is pending and frees the model. */
  close(): Promise<void>;
}

import type { Provider } from './backend.js';

/** What a worker is born with. */
export interface WorkerInit {
  readonly modelPath: string;
  /** Tried in order; the first that creates a session runs. */
  readonly providers: readonly Provider[];
  readonly intraOpThreads: number;
  /** Tokens of the run that the model pools over. */
  readonly runTokens: number;
}

/** What a worker is asked: to score, or to leave between two runs. */
export type WorkerRequest = BatchRequest | 'leave';

/** One batch: the windows' ids one after the other, and the length of each. Both buffers are transferred. */
export interface BatchRequest {
  readonly id: number;
  readonly ids: Uint16Array;
  readonly lengths: Uint16Array;
}

/** A provider that was tried and cannot run here. */
export interface ProviderFailure {
  readonly provider: Provider;
  readonly message: string;
}

export type WorkerReply =
  | {
      readonly kind: 'ready';
      readonly provider: Provider;
      readonly failures: readonly ProviderFailure[];
      /** Windows are run one at a time (`OnnxSession.runsAlone`). */
      readonly runsAlone: boolean;
    }
  | { readonly kind: 'unusable'; readonly message: string }
  /** `runs` holds `from, to` of each window. Both buffers are transferred. */
  | { readonly kind: 'scored'; readonly id: number; readonly logits: Float32Array; readonly runs: Uint16Array }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

import type { Encoding } from '../tokenize/encoding.js';
import type { Job } from './batcher.js';
import { ScoreCache } from './cache.js';
import { Flight } from './flight.js';
import { Gather } from './gather.js';
import type { WindowScore } from './score.js';
import { ScoreError } from './score-error.js';
import type { View, ViewScores } from './view.js';

export interface TransformerViewOptions {
  readonly cache: ScoreCache;
  /** Queues windows for the model, all or none; throws ScoreError. `Batcher.submit`. */
  readonly submit: (jobs: readonly Job[]) => void;
  /** Once a round of a request: windows found in the cache, joined to an inference under way, and sent to the model. */
  readonly onLookup?: (lookup: { readonly hits: number; readonly joined: number; readonly misses: number }) => void;
}

/** The Transformer's opinion: known windows from the cache, each unknown one inferred once however many ask. */
export class TransformerView implements View {
  readonly name = 'transformer';
  private readonly flights = new Map<string, Flight>();

  constructor(private readonly options: TransformerViewOptions) {}

  async score({ windows }: Pick<Encoding, 'windows'>, signal: AbortSignal): Promise<ViewScores> {
    if (signal.aborted) throw ScoreError.ofAbort(signal);
    const { cache, onLookup } = this.options;
    const scores: WindowScore[] = new Array(windows.length);
    const unknown: { readonly window: number; readonly key: string }[] = [];
    for (let window = 0; window < windows.length; window++) {
      const key = ScoreCache.keyOf(windows[window]!.ids);
      const known = cache.get(key);
      if (known) scores[window] = known;
      else unknown.push({ window, key });
    }
    const cacheHits = windows.length - unknown.length;
    if (unknown.length === 0) {
      onLookup?.({ hits: cacheHits, joined: 0, misses: 0 });
      return { windows: scores, cacheHits };
    }

    const gather = new Gather(scores, unknown.length, signal);
    const started: Flight[] = [];
    for (const { window, key } of unknown) {
      let flight = this.flights.get(key);
      if (!flight) {
        flight = this.launch(key, windows[window]!.ids);
        started.push(flight);
      }
      flight.join(gather, window);
    }
    onLookup?.({ hits: cacheHits, joined: unknown.length - started.length, misses: started.length });
    if (started.length > 0) {
      try {
        this.options.submit(started);
      } catch (error) {
        for (const flight of started) flight.reject(error as ScoreError);
      }
    }
    await gather.done;
    return { windows: scores, cacheHits };
  }

  private launch(key: string, ids: Uint16Array): Flight {
    const flight = new Flight(ids, (score) => {
      this.flights.delete(key);
      if (score) this.options.cache.set(key, score);
    });
    this.flights.set(key, flight);
    return flight;
  }
}

import { loadConfig } from '../../src/config.js';
import { loadDetector, openPipeline } from '../../src/main.js';
import { requestFromJson } from '../../src/request/from-json.js';
import type { Case } from './cases.js';

/** What became of a case. */
export interface Result {
  readonly case: Case;
  readonly denied: boolean;
  /** Calibrated; 0.5 is the threshold. Null where the request could not be scored, which is a failure of its own. */
  readonly score: number | null;
  /** Raw score of the worst field, and its canonical text. */
  readonly raw: number;
  readonly worst: string;
}

/** Requests under way together: as many as the batcher fills a batch with. */
const CONCURRENCY = 16;

/**
 * Sends all cases down the real corridor of a bundle, in this process.
 *
 * @param model directory of the bundle; absent: the shipped one. Needs the build in `dist/`, which the workers run.
 */
export async function runCases(cases: readonly Case[], model?: string): Promise<Result[]> {
  const flags = ['--mode=enforce', ...(model === undefined ? [] : [`--model=${model}`])];
  const config = loadConfig({ flags });
  const detector = await loadDetector(config);
  try {
    const pipeline = openPipeline(config, detector, {
      onInternalError: (error) => {
        throw error;
      },
    });
    const results = new Array<Result>(cases.length);
    const inspect = async (k: number): Promise<void> => {
      const { view } = requestFromJson(cases[k]!.request, String(k));
      const verdict = await pipeline.inspect(view, new AbortController().signal);
      const [worst] = verdict.fields;
      results[k] = {
        case: cases[k]!,
        denied: verdict.wouldDeny,
        score: verdict.score,
        raw: worst?.raw ?? Number.NEGATIVE_INFINITY,
        worst: worst?.field.text ?? '',
      };
    };
    const inspectAll = async (wanted: readonly number[], concurrency: number): Promise<void> => {
      const left = wanted.values();
      const worker = async (): Promise<void> => {
        for (const k of left) await inspect(k);
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    };
    const indexes = cases.map((_, k) => k);
    await inspectAll(
      indexes.filter((k) => !cases[k]!.evasion.huge),
      CONCURRENCY,
    );
    // Alone, so that what is too much for the queue is so by itself.
    await inspectAll(
      indexes.filter((k) => cases[k]!.evasion.huge),
      1,
    );
    return results;
  } finally {
    await detector.close();
  }
}

import { fileURLToPath } from 'node:url';
import { Batcher } from '../../src/score/batcher.js';
import { loadBundle } from '../../src/score/bundle.js';
import { ScoreCache } from '../../src/score/cache.js';
import { OnnxBackend } from '../../src/score/onnx-backend.js';
import { TransformerView } from '../../src/score/transformer-view.js';

const BUNDLE = fileURLToPath(new URL('../fixtures/tiny-bundle', import.meta.url));

/** The tiny bundle's model as the service runs it: cache, batches, a worker thread. Needs the build in `dist/`. */
export async function openRealView(): Promise<{ view: TransformerView; close(): Promise<void> }> {
  const { manifest, modelPath } = await loadBundle(BUNDLE);
  const backend = new OnnxBackend({ modelPath, runTokens: manifest.pooling.tokens, provider: 'cpu' });
  await backend.load();
  const batcher = new Batcher({
    infer: (windows) => backend.infer(windows),
    concurrency: 1,
    maxBatchTokens: 2048,
    maxQueuedTokens: 1 << 20,
  });
  const cache = new ScoreCache(manifest.id, 4096);
  const view = new TransformerView({ cache, submit: (jobs) => batcher.submit(jobs) });
  const close = async (): Promise<void> => {
    batcher.close();
    await backend.close();
  };
  return { view, close };
}

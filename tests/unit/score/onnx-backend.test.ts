import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadBundle } from '../../../src/score/bundle.js';
import { Calibration } from '../../../src/score/calibration.js';
import { OnnxBackend, type OnnxBackendOptions, type ProviderChoice } from '../../../src/score/onnx-backend.js';
import { Tokenizer } from '../../../src/tokenize/tokenizer.js';

interface Case {
  readonly text: string;
  readonly pooled_logit: number[];
  readonly score: number;
}

const directory = fileURLToPath(new URL('../../fixtures/tiny-bundle', import.meta.url));
const cases = JSON.parse(readFileSync(new URL('../../vectors/scores.json', import.meta.url), 'utf8')) as Case[];
const { manifest, tokenizerPath } = await loadBundle(directory);
const tokenizer = Tokenizer.load(tokenizerPath, manifest.window, manifest.architecture.vocabSize);
const windows = cases.flatMap(({ text }) => tokenizer.encodeWindows(text));

function make(file: string, options: Partial<OnnxBackendOptions> = {}): OnnxBackend {
  const { tokens: runTokens } = manifest.pooling;
  return new OnnxBackend({ modelPath: `${directory}/${file}`, runTokens, provider: 'cpu', ...options });
}

describe('the vectors of scores', () => {
  const backend = make('model.onnx');
  beforeAll(() => backend.load());
  afterAll(() => backend.close());

  it('hold only the keys that this test checks', () => {
    expect(cases.length).toBeGreaterThan(20);
    for (const c of cases) expect(Object.keys(c).sort()).toEqual(['pooled_logit', 'score', 'text']);
  });

  it('equal the trainer, window by window', async () => {
    const scores = await backend.infer(windows);
    const theirs = cases.flatMap((c) => c.pooled_logit);
    expect(scores.length).toBe(theirs.length);
    scores.forEach(({ logit }, i) => {
      expect(logit).toBeCloseTo(theirs[i]!, 4);
    });
  });

  it('are calibrated as in the trainer', () => {
    const calibration = new Calibration(manifest.calibration);
    for (const { pooled_logit, score } of cases) {
      expect(calibration.score(Math.max(...pooled_logit), manifest.falsePositiveBudget)).toBeCloseTo(score, 9);
    }
  });

  it('come with a run of six tokens, or all of a shorter window', async () => {
    const scores = await backend.infer(windows);
    scores.forEach(({ from, to }, i) => {
      const length = windows[i]!.length;
      expect(to - from).toBe(length === 1 ? 1 : Math.min(6, length - 1));
      expect(from).toBeGreaterThanOrEqual(length === 1 ? 0 : 1);
      expect(to).toBeLessThanOrEqual(length);
    });
  });
});

describe('the ONNX backend', () => {
  let backend: OnnxBackend;
  afterEach(() => backend.close());

  it.each(['model.onnx', 'model.int8.onnx'])('scores a window of %s the same in any company', async (file) => {
    const choices: ProviderChoice[] = [];
    backend = make(file, { onProvider: (choice) => choices.push(choice) });
    await backend.load();
    expect(choices).toMatchObject([
      { requested: 'cpu', actual: 'cpu', failures: [], runsAlone: file.includes('int8') },
    ]);
    const together = await backend.infer(windows);
    for (const i of [0, 7, 20, windows.length - 1]) {
      const [single] = await backend.infer([windows[i]!]);
      expect(single!.logit).toBeCloseTo(together[i]!.logit, 5);
    }
  });

  it('spreads batches over its workers', async () => {
    backend = make('model.onnx', { workers: 2 });
    await backend.load();
    expect(backend.health()).toEqual({ ready: 2, workers: 2, restarts: 0 });
    const [a, b] = await Promise.all([backend.infer(windows), backend.infer(windows)]);
    expect(a).toEqual(b);
  });

  it('falls back from a provider that is not there, and says so', async () => {
    const fallbacks: ProviderChoice[] = [];
    backend = make('model.onnx', { provider: 'tensorrt', onProviderFallback: (choice) => fallbacks.push(choice) });
    await backend.load();
    const actual = backend.provider()!;
    // On a machine with TensorRT there is nothing to fall back from.
    if (actual === 'tensorrt') expect(fallbacks).toEqual([]);
    else {
      expect(fallbacks).toMatchObject([{ requested: 'tensorrt', actual }]);
      expect(fallbacks[0]!.failures[0]).toMatchObject({ provider: 'tensorrt', message: expect.stringMatching(/./) });
    }
    expect((await backend.infer(windows.slice(0, 1)))[0]!.logit).toBeCloseTo(cases[0]!.pooled_logit[0]!, 2);
  });

  it('takes auto for no reason to warn', async () => {
    const fallbacks: ProviderChoice[] = [];
    backend = make('model.onnx', { provider: 'auto', onProviderFallback: (choice) => fallbacks.push(choice) });
    await backend.load();
    expect(['cpu', 'cuda']).toContain(backend.provider());
    expect(fallbacks).toEqual([]);
  });

  it('replaces a stuck worker: pending batches fail, later ones are answered', async () => {
    const exits: string[] = [];
    const big = Array.from({ length: 3000 }, () => new Uint16Array(96).fill(40));
    backend = make('model.int8.onnx', { inferTimeoutMs: 20, onWorkerExit: ({ message }) => exits.push(message) });
    await backend.load();
    const [stuck, behind] = [backend.infer(big), backend.infer(windows.slice(0, 1))];
    await expect(stuck).rejects.toMatchObject({ reason: 'backend_failed', message: 'no answer within 20 ms' });
    await expect(behind).rejects.toMatchObject({ reason: 'backend_failed' });
    expect(backend.health().ready).toBe(0);
    await expect(backend.infer(windows.slice(0, 1))).rejects.toMatchObject({ message: 'no worker is ready' });
    while (backend.health().ready === 0) await delay(10);
    expect(backend.health()).toEqual({ ready: 1, workers: 1, restarts: 1 });
    expect(exits.length).toBe(1);
  });

  it('refuses to load what is no model, or not ours', async () => {
    backend = make('tokenizer.json');
    await expect(backend.load()).rejects.toThrow(/tokenizer\.json: cpu: /);
    expect(backend.health().ready).toBe(0);
    await backend.close();
    backend = make('nowhere.onnx');
    await expect(backend.load()).rejects.toThrow(/nowhere\.onnx/);
  });

  it('fails what is pending when it is closed', async () => {
    backend = make('model.onnx');
    await backend.load();
    const pending = backend.infer(windows);
    const closing = backend.close();
    await expect(pending).rejects.toMatchObject({ reason: 'backend_failed' });
    await closing;
    await expect(backend.infer(windows)).rejects.toMatchObject({ reason: 'backend_failed' });
  });

  it('refuses counts that make no sense', async () => {
    backend = make('model.onnx');
    expect(() => make('model.onnx', { workers: 0 })).toThrow('workers: expected an integer from 1 to 64, got 0');
    expect(() => make('model.onnx', { intraOpThreads: 1.5 })).toThrow('intraOpThreads');
  });
});

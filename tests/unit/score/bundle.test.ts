import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BundleError, loadBundle } from '../../../src/score/bundle.js';

const fixture = fileURLToPath(new URL('../../fixtures/tiny-bundle', import.meta.url));

function copy(): string {
  const directory = join(mkdtempSync(join(tmpdir(), 'normgate-')), 'bundle');
  cpSync(fixture, directory, { recursive: true });
  return directory;
}

// biome-ignore lint/suspicious/noExplicitAny: the tests break arbitrary places of the manifest
function spoiled(spoil: (manifest: any) => void): string {
  const directory = copy();
  const path = join(directory, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  spoil(manifest);
  writeFileSync(path, JSON.stringify(manifest));
  return directory;
}

describe('a bundle', () => {
  it('loads when everything is as its manifest says', async () => {
    const bundle = await loadBundle(fixture);
    expect(bundle.manifest.id).toBe('tiny-test');
    expect(bundle.modelPath).toBe(join(fixture, bundle.manifest.serve));
    expect(bundle.ngramPath).toBeUndefined();
    expect(bundle.tokenizerPath).toBe(join(fixture, 'tokenizer.json'));
  });

  it('keeps what it does not know, so that a newer trainer may say more', async () => {
    const { manifest } = await loadBundle(spoiled((m) => (m.notes = { by: 'the trainer' })));
    expect(manifest.notes).toEqual({ by: 'the trainer' });
  });

  it('is refused when a file has another hash, which the error names', async () => {
    const directory = copy();
    const path = join(directory, 'model.onnx');
    const bytes = readFileSync(path);
    bytes[100] = bytes[100]! ^ 1;
    writeFileSync(path, bytes);
    const stated = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')).files['model.onnx'].sha256;
    const error = await loadBundle(directory).catch((e) => e);
    expect(error).toBeInstanceOf(BundleError);
    expect(error.message).toMatch(new RegExp(`model\\.onnx: expected SHA-256 ${stated}, got [0-9a-f]{64}$`));
  });

  it('is refused when a file has another size, or is missing', async () => {
    const longer = copy();
    writeFileSync(join(longer, 'tokenizer.json'), `${readFileSync(join(longer, 'tokenizer.json'), 'utf8')} `);
    await expect(loadBundle(longer)).rejects.toThrow(/tokenizer\.json: expected \d+ bytes, got \d+ bytes/);
    const missing = copy();
    rmSync(join(missing, 'model.onnx'));
    await expect(loadBundle(missing)).rejects.toThrow(/model\.onnx: expected a file, got ENOENT/);
  });

  // biome-ignore lint/suspicious/noExplicitAny: as above
  const views = ({ calibration: { survival, tail } }: any) => {
    const table = { fields: 9, survival, tail };
    return { surpriseBound: 6, pieces: { units: 96, stride: 48 }, transformer: table, linear: table };
  };

  // biome-ignore lint/suspicious/noExplicitAny: as above
  const breakages: [message: string | RegExp, spoil: (manifest: any) => void][] = [
    [
      'schemaVersion: expected 1 or 3 (the layouts that this program reads), got 2',
      (m) => Object.assign(m, { schemaVersion: 2, views: views(m) }),
    ],
    [
      'manifest.json: views: expected a valid manifest, got schema version 3 has views, version 1 has none',
      (m) => (m.schemaVersion = 3),
    ],
    ['manifest.json: views', (m) => (m.views = views(m))],
    ['expected an entry for ngram.bin, got none', (m) => Object.assign(m, { schemaVersion: 3, views: views(m) })],
    [
      'manifest.json: views.surpriseBound',
      (m) => Object.assign(m, { schemaVersion: 3, views: { ...views(m), surpriseBound: 1 } }),
    ],
    [
      'manifest.json: views.pieces: expected a valid manifest, got units must be twice the stride',
      (m) => Object.assign(m, { schemaVersion: 3, views: { ...views(m), pieces: { units: 96, stride: 24 } } }),
    ],
    [
      'manifest.json: views.pieces: expected a valid manifest',
      (m) => Object.assign(m, { schemaVersion: 3, views: { ...views(m), pieces: undefined } }),
    ],
    [
      'schemaVersion: expected 1 or 3 (the layouts that this program reads), got undefined',
      (m) => delete m.schemaVersion,
    ],
    [/canonicalizerVersion: expected \d+ .*, got 99/, (m) => (m.canonicalizerVersion = 99)],
    ['manifest.json: id', (m) => (m.id = '../../etc')],
    ['manifest.json: serve', (m) => (m.serve = '../model.onnx')],
    ['expected an entry for other.onnx, got none', (m) => (m.serve = 'other.onnx')],
    ['expected an entry for tokenizer.json, got none', (m) => delete m.files['tokenizer.json']],
    ['manifest.json: files', (m) => (m.files['../x'] = { sha256: '0'.repeat(64), bytes: 1 })],
    ['manifest.json: files.model.onnx.sha256', (m) => (m.files['model.onnx'].sha256 = 'abc')],
    ['windows would not advance', (m) => (m.window.overlap = 79)],
    ['manifest.json: window.tokens', (m) => (m.window.tokens = '96')],
    ['manifest.json: pooling.kind', (m) => (m.pooling.kind = 'mean')],
    ['logits must increase', (m) => m.calibration.survival.reverse()],
    ['manifest.json: calibration.survival.3.1', (m) => (m.calibration.survival[3][1] = 1.5)],
    ['manifest.json: calibration.tail.scale', (m) => (m.calibration.tail.scale = 0)],
    ['manifest.json: falsePositiveBudget', (m) => (m.falsePositiveBudget = 1)],
  ];
  it.each(breakages)('is refused with "%s"', async (message, spoil) => {
    const error = await loadBundle(spoiled(spoil)).catch((e) => e);
    expect(error).toBeInstanceOf(BundleError);
    expect(error.message).toMatch(message);
  });

  it('is refused when there is no manifest, or it is no JSON', async () => {
    const directory = copy();
    writeFileSync(join(directory, 'manifest.json'), '[');
    await expect(loadBundle(directory)).rejects.toThrow(/manifest\.json: expected readable JSON/);
    rmSync(join(directory, 'manifest.json'));
    await expect(loadBundle(directory)).rejects.toThrow(/manifest\.json: expected readable JSON, got ENOENT/);
    writeFileSync(join(directory, 'manifest.json'), 'null');
    await expect(loadBundle(directory)).rejects.toThrow('schemaVersion');
  });
});

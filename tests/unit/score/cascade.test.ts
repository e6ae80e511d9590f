import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.js';
import type { Verdict } from '../../../src/decide/verdict.js';
import { loadDetector } from '../../../src/main.js';
import { Pipeline } from '../../../src/pipeline.js';
import { requestFromJson } from '../../../src/request/from-json.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const { views } = JSON.parse(readFileSync(at('vectors/linear.json'), 'utf8'));

/** The fixtures' random Transformer and random linear view as one bundle; tables such that both outcomes are common. */
function pairBundle(): string {
  const directory = join(mkdtempSync(join(tmpdir(), 'normgate-')), 'pair');
  cpSync(at('fixtures/tiny-bundle'), directory, { recursive: true });
  copyFileSync(at('fixtures/ngram.bin'), join(directory, 'ngram.bin'));
  const path = join(directory, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const bytes = readFileSync(join(directory, 'ngram.bin'));
  manifest.files['ngram.bin'] = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
  manifest.schemaVersion = 3;
  manifest.views = { ...views, pieces: { units: 96, stride: 48 }, surpriseBound: 2 };
  manifest.calibration.survival = [
    [0.1, 0.9],
    [0.7, 0.2],
    [1.6, 0.001],
  ];
  manifest.calibration.tail = { from: 1.6, scale: 0.2 };
  writeFileSync(path, JSON.stringify(manifest));
  return directory;
}

const bundle = pairBundle();
afterAll(() => rmSync(join(bundle, '..'), { recursive: true }));

const words = [
  'red shoes',
  "it's",
  '1 or 2',
  '<b>',
  '{{a}}',
  '../x',
  'naïve',
  'select',
  '-- x',
  '{"a":[1,{"b":"c;d"}]}',
  'x'.repeat(90),
];
const requests = Array.from({ length: 60 }, (_, i) => ({
  method: 'POST',
  path: `/shop/${i % 7}?q=${encodeURIComponent(words[i % words.length]!)}&sort=${i}`,
  headers: {
    host: 'shop.example',
    'content-type': 'application/x-www-form-urlencoded',
    'x-note': words[(i * 3) % words.length]!,
  },
  body: `name=${encodeURIComponent(words[(i * 5) % words.length]!)}&text=${'lorem '.repeat(i)}`,
}));

async function verdicts(cascade: boolean): Promise<{ list: Verdict[]; open: number; fields: number }> {
  const config = loadConfig({
    flags: [`--model=${bundle}`, `--score.cascade=${cascade}`, '--mode=enforce', '--falsePositiveBudget=0.005'],
  });
  const count = { open: 0, fields: 0 };
  const onScreened = ({ open, fields }: { open: number; fields: number }): void => {
    count.open += open;
    count.fields += fields;
  };
  const detector = await loadDetector(config, { onScreened });
  const rooms = { ...detector, mode: config.mode, limits: config.canonicalize, maxWindows: config.score.maxWindows };
  const pipeline = new Pipeline(rooms);
  const list = await Promise.all(
    requests.map((request) => pipeline.inspect(requestFromJson(request, '0').view, new AbortController().signal)),
  );
  await detector.close();
  return { list, ...count };
}

describe('a bundle with both views', () => {
  it('decides the same with the cascade on and off, and the Transformer runs on fewer fields', async () => {
    const [on, off] = [await verdicts(true), await verdicts(false)];
    expect(off.open).toBe(off.fields);
    expect(on.open).toBeGreaterThan(0);
    expect(on.open).toBeLessThan(on.fields);
    on.list.forEach((fast, i) => {
      const full = off.list[i]!;
      expect(full.reason).not.toBe('not_scored');
      expect(fast.action).toBe(full.action);
      if (full.wouldDeny) expect(fast.score).toBe(full.score);
      else expect(fast.score).toBeLessThan(0.5);
    });
    const denied = off.list.filter((verdict) => verdict.wouldDeny).length;
    expect(denied).toBeGreaterThan(5);
    expect(denied).toBeLessThan(60);
  });
});

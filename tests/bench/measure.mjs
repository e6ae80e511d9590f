import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bundle to measure: the first argument, else the newest in models/, else the test fixture (and then it says so). */
export function bundleDirectory() {
  if (process.argv[2]) return process.argv[2];
  const models = fileURLToPath(new URL('../../models/', import.meta.url));
  const found = readdirSync(models, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      try {
        return [
          { path: models + name, at: JSON.parse(readFileSync(`${models}${name}/manifest.json`, 'utf8')).createdAt },
        ];
      } catch {
        return [];
      }
    })
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  if (found[0]) return found[0].path;
  console.log('no bundle in models/: measuring the tiny one of the tests, which says little about a real model');
  return fileURLToPath(new URL('../fixtures/tiny-bundle', import.meta.url));
}

/** Requests that are scored faster than the model can are no reason to refuse them. */
export const PATIENT = ['--score.maxQueueTokens=67108864'];
/** With the cascade off every piece needs a window; what a budget leaves out is another question. */
export const UNBOUNDED = ['--score.maxWindows=65536', ...PATIENT];

/**
 * The bundle, the files of requests and the settings that a script was given. Without files: the sample shop's traffic and,
 * in a file of their own, `more` requests.
 */
export function filesToMeasure(more = []) {
  const rest = process.argv.slice(3);
  const settings = rest.filter((argument) => argument.startsWith('--'));
  const files = rest.filter((argument) => !argument.startsWith('--'));
  return { model: bundleDirectory(), files: files.length > 0 ? files : makeFiles(more), settings };
}

/** Of about 1,200 requests, the same each time; gone when the process ends. */
function makeFiles(more) {
  const folder = mkdtempSync(join(tmpdir(), 'normgate-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const shop = join(folder, 'shop.jsonl');
  const drive = fileURLToPath(new URL('../../deploy/demo/traffic/drive.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [drive, '--dry', '--sessions=60', '--seed=3', `--out=${shop}`]);
  if (status !== 0) throw new Error(`${drive} ended with status ${status}`);
  if (more.length === 0) return [shop];
  const other = join(folder, 'more.jsonl');
  writeFileSync(other, more.map((request) => JSON.stringify(request)).join('\n'));
  return [shop, other];
}

/** Median of a list of numbers. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/**
 * Median time in µs of one call of each function, measured in turns so that a busy moment hits all of them alike.
 *
 * @param candidates name to function, sync or async; `perCall` calls are timed together.
 */
export async function compare(candidates, { rounds = 200, perCall = 1, warmUp = 50 } = {}) {
  const times = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      const start = performance.now();
      for (let i = 0; i < perCall; i++) {
        const result = run();
        if (result instanceof Promise) await result;
      }
      if (round >= 0) times[name].push(((performance.now() - start) * 1000) / perCall);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

export const rssMb = () => Math.round(process.memoryUsage().rss / 1e6);

/** The last line of a bench: everything it found, for machines. */
export function finish(bench, figures) {
  console.log(JSON.stringify({ bench, ...figures }));
}

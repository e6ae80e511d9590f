// How long does a JSON body of a megabyte take down the whole corridor, every byte scored or counted? At most 60 ms of
// one core in 99 of 100 is wanted. Settings may follow the bundle: `json-megabyte.bench.mjs models/ID --score.workers=2`.
import { loadConfig } from '../../dist/config.js';
import { loadDetector, openPipeline } from '../../dist/main.js';
import { requestFromJson } from '../../dist/request/from-json.js';
import { postOf } from './bodies.mjs';
import { bundleDirectory, finish, median } from './measure.mjs';

const BYTES = 1_000_000;
const REQUESTS = 100;
const WARM_UP = 10;
const WANTED_MS = 60;

const config = loadConfig({ flags: [`--model=${bundleDirectory()}`, ...process.argv.slice(3)] });
const detector = await loadDetector(config);
let canonical;
const pipeline = openPipeline(config, detector, {
  observe: (_, request) => {
    canonical = request;
  },
});
const wall = [];
const processor = [];
const stages = { canonicalize: [], screen: [], tokenize: [], score: [] };
const notScored = {};
let uncounted = 0;
// A new one each time: the cache must not know it. Made before, so that no request pays for clearing up after the generator.
const views = [];
for (let k = 0; k < WARM_UP + REQUESTS; k++) views.push(requestFromJson(postOf('json', BYTES, 900 + k), 'bench').view);
for (const [k, view] of views.entries()) {
  const used = process.cpuUsage();
  const start = performance.now();
  const verdict = await pipeline.inspect(view, new AbortController().signal);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  if (k < WARM_UP) continue;
  if (verdict.score === null) notScored[verdict.notScored] = (notScored[verdict.notScored] ?? 0) + 1;
  let counted = verdict.bytesInspected;
  for (const bytes of canonical.uninspected?.values() ?? []) counted += bytes;
  if (counted !== verdict.bytesReceived) uncounted++;
  wall.push(ms);
  processor.push((user + system) / 1000);
  for (const [stage, times] of Object.entries(stages)) times.push(verdict.timings[stage]);
}
await detector.close();

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1];
const p99 = quantile(wall, 0.99);
const figures = {
  bytes: BYTES,
  requests: REQUESTS,
  fields: canonical.fields.length,
  bytesInspected: canonical.bytesInspected,
  uninspected: Object.fromEntries(canonical.uninspected ?? []),
  uncounted,
  notScored,
  p50Ms: median(wall),
  p99Ms: p99,
  processorP50Ms: median(processor),
  processorP99Ms: quantile(processor, 0.99),
  stagesP50Ms: Object.fromEntries(Object.entries(stages).map(([stage, times]) => [stage, median(times)])),
  wantedMs: WANTED_MS,
};
for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(16)} ${JSON.stringify(value)}`);
const reached = p99 <= WANTED_MS && uncounted === 0 && Object.keys(notScored).length === 0;
console.log(reached ? 'within what is wanted' : 'not what is wanted');
finish('json-megabyte', figures);

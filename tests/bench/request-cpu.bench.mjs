// What does scoring cost over canonicalizing and tokenizing, cascade on and off, and how much needs the Transformer? CPU
// time of all threads for whole files of requests, everything new to the caches at first; at most 0.15 ms is wanted.
//   node tests/bench/request-cpu.bench.mjs [models/ID [FILE...] [--section.key=value ...]]
import { canonicalize } from '../../dist/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../dist/canonicalize/limits.js';
import { loadConfig } from '../../dist/config.js';
import { loadDetector, openPipeline } from '../../dist/main.js';
import { readRequests } from '../../dist/request/read-requests.js';
import { filesToMeasure, finish, median, UNBOUNDED } from './measure.mjs';

const WANTED_US = 150;
const ROUNDS = 3;
const { model, files, settings } = filesToMeasure();
const views = [];
for await (const { request } of readRequests(files)) if (request !== undefined) views.push(request.view);

/** CPU microseconds that all threads of this process spend on each request, at the mean. */
async function each(run) {
  const before = process.cpuUsage();
  for (const view of views) await run(view);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / views.length;
}

/** The whole corridor, with caches that know nothing yet. */
async function corridor(flags) {
  const config = loadConfig({ flags: [`--model=${model}`, ...settings, ...flags] });
  const screened = { fields: 0, open: 0, requests: 0 };
  const onScreened = ({ fields, open }) => {
    screened.fields += fields;
    screened.open += open;
    screened.requests += open > 0 ? 1 : 0;
  };
  const detector = await loadDetector(config, { onScreened });
  const pipeline = openPipeline(config, detector);
  const never = new AbortController().signal;
  const us = await each((view) => pipeline.inspect(view, never));
  await detector.close();
  return { us, screened };
}

const times = { read: [], on: [], off: [] };
let screened;
const { tokenizer, close } = await loadDetector(loadConfig({ flags: [`--model=${model}`, ...settings] }));
for (let round = -1; round < ROUNDS; round++) {
  // In turns, so that a busy moment of the machine hits all of them alike; the first round warms up.
  const read = await each((view) => tokenizer.encode(canonicalize(view, DEFAULT_LIMITS), { maxWindows: 64 }));
  const on = await corridor([]);
  const off = await corridor(['--score.cascade=false', ...UNBOUNDED]);
  if (round < 0) continue;
  times.read.push(read);
  times.on.push(on.us);
  times.off.push(off.us);
  screened = on.screened;
}
await close();

const [read, on, off] = [times.read, times.on, times.off].map(median);
const figures = {
  requests: views.length,
  canonicalizeAndTokenizeUs: read,
  cascadeOnUs: on,
  cascadeOffUs: off,
  overReadingUs: on - read,
  fieldsForTransformer: screened.open / Math.max(1, screened.fields),
  requestsForTransformer: screened.requests / views.length,
  wantedUs: WANTED_US,
};
for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(26)} ${value}`);
console.log(on - read <= WANTED_US ? 'within what is wanted' : 'not what is wanted');
finish('request-cpu', figures);

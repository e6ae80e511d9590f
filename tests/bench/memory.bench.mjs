// What does memory cost to look up, build and load at a million values, and what does it save?
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CANONICALIZER_VERSION } from '../../dist/canonicalize/canonical-request.js';
import { canonicalize } from '../../dist/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../dist/canonicalize/limits.js';
import { loadConfig } from '../../dist/config.js';
import { loadDetector, openPipeline } from '../../dist/main.js';
import { learnRequest } from '../../dist/memory/learn-request.js';
import { LearnedMemory } from '../../dist/memory/learned-memory.js';
import { MemoryStore } from '../../dist/memory/memory-store.js';
import { ServedMemory } from '../../dist/memory/served-memory.js';
import { readSnapshot, SERVING, writeSnapshot } from '../../dist/memory/snapshot-folder.js';
import { requestFromJson } from '../../dist/request/from-json.js';
import { bundleDirectory, compare, finish, median } from './measure.mjs';
import { typicalGet } from './requests.mjs';

/** CPU seconds of this process so far, all threads: what counts on a machine that others use too. */
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const MILLION = 1_000_000;
const HOUR = 3_600_000;
const model = bundleDirectory();
const directory = mkdtempSync(join(tmpdir(), 'memory-bench-'));
const newStore = (modelId) =>
  new MemoryStore({
    canonicalizerVersion: CANONICALIZER_VERSION,
    modelId,
    quorum: { clients: 1, windows: 1 },
    windowMs: HOUR,
    key: crypto.getRandomValues(new Uint8Array(8)),
  });
const options = { redact: (text) => text, maxSampleUnits: 8_000_000 };

// Requests of one client each, as an application with 200 routes and 20 parameters would get them.
const template = typicalGet();
const request = (k) => ({
  ...template,
  path: `/route${'abcdefghij'[k % 10]}${'abcdefghij'[((k / 10) % 10) | 0]}/x?q=${encodeURIComponent(`word${k.toString(36)} blue`)}&sort=price-asc&tag=a-${(k * 7919) % 5000}b`,
});

function buildRate() {
  const store = newStore('bench');
  const lines = Array.from({ length: 4000 }, (_, k) => JSON.stringify(request(k)));
  const rates = [];
  for (let round = 0; round < 6; round++) {
    const started = cpu();
    lines.forEach((line, k) => {
      const { view } = requestFromJson(JSON.parse(line), String(k));
      const { fields } = canonicalize(view, DEFAULT_LIMITS);
      learnRequest(store, { host: view.host, client: `10.0.${k % 256}.1`, time: k * HOUR, fields }, options);
    });
    if (round > 0) rates.push(lines.length / (cpu() - started));
  }
  return median(rates);
}

function millionValues() {
  const store = newStore('bench');
  for (let k = 0; store.values.size < MILLION; k++) {
    const texts = Array.from(
      { length: 10 },
      (_, i) => `\ue005parameter${'abcdefghij'[i]}\ue00bvalue ${k.toString(36)} of field ${i}, typical`,
    );
    const fields = texts.map((text) => ({ text }));
    learnRequest(store, { host: 'shop.example', client: `10.0.0.${k % 250}`, time: k * 1000, fields }, options);
  }
  return store;
}

const figures = { buildRequestsPerSecond: Math.round(buildRate()) };
console.log(
  `build without scoring: ${figures.buildRequestsPerSecond} requests per CPU second (JSON, canonicalize, learn)`,
);

const store = millionValues();
const written = writeSnapshot(directory, SERVING, store);
const loadStarted = cpu();
const memory = new LearnedMemory(readSnapshot(directory, SERVING).store);
figures.loadMs = 1000 * (cpu() - loadStarted);
figures.snapshotMiB = written.bytes / 2 ** 20;
console.log(
  `${store.values.size} values: ${figures.snapshotMiB.toFixed(1)} MiB on disk, loaded in ${figures.loadMs.toFixed(0)} ms of CPU`,
);
const host = memory.open('shop.example', []);
const texts = (prefix) =>
  Array.from(
    { length: 1000 },
    (_, k) =>
      `\ue005parameter${'abcdefghij'[k % 10]}\ue00b${prefix} ${((k * 97) % 99_991).toString(36)} of field ${k % 10}, typical`,
  );
const [known, unknown] = [texts('value'), texts('other')];
const symbols = new Uint32Array(4);
const times = await compare(
  {
    known: () => known.map((text) => host.knows(text)),
    judged: () => {
      for (const text of unknown) {
        host.knows(text);
        host.field(text, 20);
        host.symbols(text, symbols);
      }
    },
  },
  { rounds: 50, warmUp: 20 },
);
figures.knownUs = times.known / 1000;
figures.judgedUs = times.judged / 1000;
console.log(
  `lookup at a million values: known ${figures.knownUs.toFixed(2)} µs, unknown with its field ${figures.judgedUs.toFixed(2)} µs`,
);

// A swap while requests flow, of a memory with many fields: how long is the thread that answers held at once?
// Each of 20,000 names, anywhere and on its route.
const FIELDS = 40_000;
const letters = (n) => [0, 1, 2, 3].map((k) => 'abcdefghijklmnopqrstuvwxyz'[Math.floor(n / 26 ** k) % 26]).join('');
function manyFields() {
  const store = newStore('bench');
  for (let k = 0; store.values.size < MILLION; k++) {
    const fields = Array.from({ length: 10 }, (_, i) => {
      const sign = '-_./@&,:'[(k + i) % 8];
      return {
        text: `\ue005param_${letters((k * 10 + i) % (FIELDS / 2))}\ue00bvalue${sign}${k.toString(36)} typical of a field`,
      };
    });
    const lesson = { host: 'shop.example', client: `10.0.${k % 7}.${k % 250}`, time: k * 1000, fields };
    learnRequest(store, { ...lesson, surprises: fields.map(() => 0.5) }, options);
  }
  return store;
}

const wide = manyFields();
figures.wideMiB = writeSnapshot(directory, SERVING, wide).bytes / 2 ** 20;
const served = new ServedMemory({ dir: directory, modelId: 'bench' });
served.load();
const holds = [];
const loads = [];
for (let round = 0; round < 5; round++) {
  let last = performance.now();
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, performance.now() - last);
    last = performance.now();
  }, 1);
  const started = performance.now();
  await served.reload(true);
  loads.push(performance.now() - started);
  // The first turn after it counts too.
  await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(timer);
  holds.push(most);
}
figures.swap = { fields: wide.fields.size, loadMs: median(loads), longestHoldMs: median(holds) };
console.log(
  `swap of ${wide.values.size} values in ${wide.fields.size} fields (${figures.wideMiB.toFixed(1)} MiB): ` +
    `loaded in ${figures.swap.loadMs.toFixed(0)} ms beside, this thread held for ${figures.swap.longestHoldMs.toFixed(0)} ms at most`,
);

// CPU of requests that a warm site has mostly seen, memory on and off, one after the other in turns.
const warm = newStore('');
const config = (flags) => loadConfig({ flags: [`--model=${model}`, ...flags] });
const off = await loadDetector(config([]));
const identity = { ...warm.identity, modelId: off.modelId };
const learned = new MemoryStore(identity);
for (let k = 0; k < 2000; k++) {
  const { view } = requestFromJson(request(k), String(k));
  const { fields } = canonicalize(view, DEFAULT_LIMITS);
  learnRequest(
    learned,
    { host: view.host, client: '10.0.0.1', time: k * HOUR, fields, surprises: fields.map(() => 0.5) },
    options,
  );
}
writeSnapshot(directory, SERVING, learned);
try {
  const on = await loadDetector(config([`--memory.dir=${directory}`]));
  const views = Array.from({ length: 200 }, (_, k) => requestFromJson(request(1000 + 9 * k), String(k)).view);
  const runner = (detector, settings) => {
    const pipeline = openPipeline(settings, detector, {});
    return async () => {
      for (const view of views) await pipeline.inspect(view, new AbortController().signal);
    };
  };
  const runs = { off: runner(off, config([])), on: runner(on, config([`--memory.dir=${directory}`])) };
  const spent = { off: [], on: [] };
  for (let round = 0; round < 16; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const started = cpu();
      await run();
      if (round >= 4) spent[name].push((1e6 * (cpu() - started)) / views.length);
    }
  }
  figures.requestUs = { off: median(spent.off), on: median(spent.on) };
  const shares = { known: 0, all: 0 };
  for (const view of views) {
    const verdict = await openPipeline(config([`--memory.dir=${directory}`]), on, {}).inspect(
      view,
      new AbortController().signal,
    );
    shares.known += verdict.memory.known;
    shares.all += verdict.memory.known + verdict.memory.judged + verdict.memory.fresh;
  }
  figures.leftToScore = 1 - shares.known / shares.all;
  console.log(
    `CPU of a request through the corridor: ${figures.requestUs.off.toFixed(0)} µs without memory, ${figures.requestUs.on.toFixed(0)} µs with; ` +
      `${(100 * figures.leftToScore).toFixed(0)} % of the fields left to score`,
  );
  await on.close();
} catch (error) {
  console.log(`memory on: not measured, ${error.message}`);
}
await off.close();
rmSync(directory, { recursive: true });
finish('memory', figures);

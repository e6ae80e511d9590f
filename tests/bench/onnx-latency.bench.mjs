// What does one inference cost by tokens, and what does the worker thread add?
import { loadBundle } from '../../dist/score/bundle.js';
import { OnnxBackend } from '../../dist/score/onnx-backend.js';
import { OnnxSession } from '../../dist/score/onnx-session.js';
import { bundleDirectory, compare, finish, rssMb } from './measure.mjs';

const { directory, manifest } = await loadBundle(bundleDirectory());
const runTokens = manifest.pooling.tokens;
const before = rssMb();
const figures = {};

const windowsOf = (rows, length) => {
  const ids = Uint16Array.from({ length: rows * length }, (_, i) => (i % length === 0 ? 1 : 32 + ((i * 31) % 256)));
  return { ids, lengths: new Uint16Array(rows).fill(length) };
};
const shapes = { '1×8': [1, 8], '1×16': [1, 16], '1×32': [1, 32], '1×64': [1, 64], '1×96': [1, 96], '16×16': [16, 16] };
const files = Object.keys(manifest.files).filter((name) => name.endsWith('.onnx') && !name.includes('fp16'));

for (const file of files) {
  const session = await OnnxSession.create(`${directory}/${file}`, runTokens, ['cpu'], 1);
  const candidates = Object.fromEntries(
    Object.entries(shapes).map(([name, [rows, length]]) => {
      const { ids, lengths } = windowsOf(rows, length);
      return [name, () => session.score(ids, lengths)];
    }),
  );
  const times = await compare(candidates, { rounds: 60, warmUp: 10 });
  console.log(
    `${file}${session.runsAlone ? ' (one window at a time)' : ''}: ` +
      Object.entries(times)
        .map(([name, us]) => `${name} ${us.toFixed(0)} µs`)
        .join(', '),
  );
  figures[file] = { runsAlone: session.runsAlone, ...times };
}

const served = figures[manifest.serve];
const backend = new OnnxBackend({ modelPath: `${directory}/${manifest.serve}`, runTokens, provider: 'cpu' });
await backend.load();
const one = windowsOf(1, 16).ids;
const { hop } = await compare({ hop: () => backend.infer([one]) }, { rounds: 500 });
await backend.close();
console.log(
  `${manifest.serve} through the worker, 1×16: ${hop.toFixed(0)} µs, ${(hop / served['1×16']).toFixed(2)} × in place`,
);
console.log(`resident: ${before} MB before, ${rssMb()} MB after all models`);
finish('onnx-latency', { ...figures, workerUs: hop, workerRatio: hop / served['1×16'], rssMb: rssMb() });

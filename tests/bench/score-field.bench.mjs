// How long does scoring take in the service when one field is new, when all are, and when none is?
import { canonicalize } from '../../dist/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../dist/canonicalize/limits.js';
import { requestFromJson } from '../../dist/request/from-json.js';
import { Batcher } from '../../dist/score/batcher.js';
import { loadBundle } from '../../dist/score/bundle.js';
import { ScoreCache } from '../../dist/score/cache.js';
import { Calibration } from '../../dist/score/calibration.js';
import { OnnxBackend } from '../../dist/score/onnx-backend.js';
import { Scorer } from '../../dist/score/scorer.js';
import { TransformerView } from '../../dist/score/transformer-view.js';
import { Tokenizer } from '../../dist/tokenize/tokenizer.js';
import { bundleDirectory, compare, finish, rssMb } from './measure.mjs';
import { typicalGet } from './requests.mjs';

const { manifest, modelPath, tokenizerPath } = await loadBundle(bundleDirectory());
const tokenizer = Tokenizer.load(tokenizerPath, manifest.window, manifest.architecture.vocabSize);
const backend = new OnnxBackend({ modelPath, runTokens: manifest.pooling.tokens, provider: 'cpu' });
await backend.load();
const batcher = new Batcher({ infer: (windows) => backend.infer(windows), concurrency: 1 });
const calibration = new Calibration(manifest.calibration);
const budget = manifest.falsePositiveBudget;
const spanOf = (text, ordinal, from, to) => tokenizer.spanOf(text, ordinal, from, to);
const scorerWith = (cache) => {
  const view = new TransformerView({ cache, submit: (jobs) => batcher.submit(jobs) });
  return new Scorer({ modelId: manifest.id, view, calibration, budget, spanOf });
};

const never = new AbortController().signal;
const encode = (request) =>
  tokenizer.encode(canonicalize(requestFromJson(request, 'bench').view, DEFAULT_LIMITS), { maxWindows: 512 });
const known = encode(typicalGet());
const warm = scorerWith(new ScoreCache(manifest.id));
const open = ({ fields }) => ({ fields, open: { fields } });
const score = (scorer, encoding) => scorer.score(open(encoding), encoding, never);
await score(warm, known);

let serial = 0;
const oneField = (value) => {
  const text = `\ue005q\ue00b${value}`;
  return {
    fields: [{ zone: 'query', name: 'q', value, text }],
    bytesInspected: 0,
    bytesReceived: 0,
    truncated: false,
    encodings: [],
    limits: [],
  };
};
// A new word each time, of letters, in a field of median length.
const fresh = () => {
  serial += 1;
  const word = [serial, serial / 26, serial / 676].map((n) => String.fromCharCode(97 + (Math.floor(n) % 26))).join('');
  return `wireless ${word} keyboard`;
};
const times = await compare(
  {
    cached: () => score(warm, known),
    'one new field': () => score(warm, tokenizer.encode(oneField(fresh()), { maxWindows: 512 })),
    'all new': () => score(scorerWith(new ScoreCache(manifest.id, 64)), known),
  },
  { rounds: 400 },
);
await backend.close();
const { tokens } = tokenizer.encode(oneField(fresh()), { maxWindows: 512 });
console.log(
  `a request of ${known.windows.length} windows, ${known.tokens} tokens, all cached: ${times.cached.toFixed(1)} µs`,
);
console.log(
  `one new field of ${tokens} tokens, tokenizing included: ${times['one new field'].toFixed(0)} µs, ` +
    `${(times['one new field'] / times.cached).toFixed(0)} × cached`,
);
console.log(
  `the whole request new: ${times['all new'].toFixed(0)} µs, ${(times['all new'] / times.cached).toFixed(0)} × cached`,
);
console.log(`resident: ${rssMb()} MB`);
finish('score-field', {
  cachedUs: times.cached,
  newFieldUs: times['one new field'],
  newRequestUs: times['all new'],
  rssMb: rssMb(),
});

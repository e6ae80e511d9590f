// How long does it take to turn a request into token ids, and how much of it is canonicalizing?
import { canonicalize } from '../../dist/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../dist/canonicalize/limits.js';
import { requestFromJson } from '../../dist/request/from-json.js';
import { loadBundle } from '../../dist/score/bundle.js';
import { Tokenizer } from '../../dist/tokenize/tokenizer.js';
import { bundleDirectory, compare, finish } from './measure.mjs';
import { jsonPost, typicalGet } from './requests.mjs';

const { manifest, tokenizerPath } = await loadBundle(bundleDirectory());
const tokenizer = Tokenizer.load(tokenizerPath, manifest.window);
const viewOf = (request) => requestFromJson(request, 'bench').view;
const budget = { maxWindows: 100_000 };
const figures = {};

for (const [name, request] of Object.entries({ get: typicalGet(), json16k: jsonPost(16) })) {
  const view = viewOf(request);
  const canonical = canonicalize(view, DEFAULT_LIMITS);
  const bytes = canonical.bytesReceived;
  const { tokens, windows } = tokenizer.encode(canonical, budget);
  const perCall = name === 'get' ? 200 : 10;
  const times = await compare(
    {
      tokenize: () => tokenizer.encode(canonical, budget),
      both: () => tokenizer.encode(canonicalize(view, DEFAULT_LIMITS), budget),
    },
    { perCall },
  );
  // A fresh tokenizer knows no word yet; its tables are not part of the time.
  const cold = await compare(
    Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => {
        const fresh = Tokenizer.load(tokenizerPath, manifest.window);
        return [i, () => fresh.encode(canonical, budget)];
      }),
    ),
    { rounds: 1, warmUp: 0 },
  );
  const coldMedian = Object.values(cold).sort((a, b) => a - b)[4];
  console.log(
    `${name}: ${bytes} bytes, ${canonical.fields.length} fields, ${windows.length} windows, ${tokens} tokens: ` +
      `tokenize ${times.tokenize.toFixed(1)} µs (first time ${coldMedian.toFixed(0)} µs, ` +
      `${(coldMedian / times.tokenize).toFixed(1)} ×), canonicalize + tokenize ${times.both.toFixed(1)} µs, ` +
      `${((times.both / bytes) * 1024).toFixed(1)} µs/KB`,
  );
  figures[name] = { bytes, tokens, tokenizeUs: times.tokenize, coldUs: coldMedian, canonicalizeTokenizeUs: times.both };
}

const letters = Array.from({ length: 60_000 }, (_, i) => String.fromCharCode(97 + ((i * i * 7919 + i * 31) % 26))).join(
  '',
);
const long = await compare(
  { '7.5 KB': () => tokenizer.encodeText(letters.slice(0, 7_500)), '60 KB': () => tokenizer.encodeText(letters) },
  { rounds: 15, warmUp: 3 },
);
console.log(
  `one word of 60 KB: ${(long['60 KB'] / 1000).toFixed(1)} ms, ${(long['60 KB'] / long['7.5 KB']).toFixed(1)} × one of 7.5 KB`,
);
finish('tokenize', { ...figures, longWordUs: long['60 KB'], longWordRatio: long['60 KB'] / long['7.5 KB'] });

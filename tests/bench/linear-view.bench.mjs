// What does the linear view cost a character, and a request beside tokenizing it?
import { canonicalize } from '../../dist/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../dist/canonicalize/limits.js';
import { requestFromJson } from '../../dist/request/from-json.js';
import { loadBundle } from '../../dist/score/bundle.js';
import { LinearView } from '../../dist/score/linear-view.js';
import { Tokenizer } from '../../dist/tokenize/tokenizer.js';
import { bundleDirectory, compare, finish } from './measure.mjs';
import { jsonPost, typicalGet } from './requests.mjs';

// Random codes, as many as a trained file has: the time does not depend on their values.
const codes = Int8Array.from({ length: 2 ** 20 }, (_, i) => ((i * 2_654_435_761) >>> 24) - 128);
const view = new LinearView({ window: 48, stride: 24, shift: 12, codes, bias: 0, scale: 1 });
const { manifest, tokenizerPath } = await loadBundle(bundleDirectory());
const tokenizer = Tokenizer.load(tokenizerPath, manifest.window);
const figures = {};

for (const [name, request] of Object.entries({ get: typicalGet(), json16k: jsonPost(16) })) {
  const canonical = canonicalize(requestFromJson(request, 'bench').view, DEFAULT_LIMITS);
  const characters = canonical.fields.reduce((sum, { text }) => sum + text.length, 0);
  const times = await compare(
    {
      linear: () => canonical.fields.map(({ text }) => view.score(text).logit),
      tokenize: () => tokenizer.encode(canonical, { maxWindows: 100_000 }),
    },
    { perCall: name === 'get' ? 200 : 10 },
  );
  console.log(
    `${name}: ${canonical.fields.length} fields, ${characters} characters: ${times.linear.toFixed(1)} µs, ` +
      `${((times.linear / characters) * 10).toFixed(2)} µs for ten characters; tokenizing ${times.tokenize.toFixed(1)} µs`,
  );
  figures[name] = { characters, linearUs: times.linear, tokenizeUs: times.tokenize };
}
const megabyte = `\ue008\ue00b${'lorem ipsum dolor sit amet, consectetur '.repeat(26_215)}`;
const { long } = await compare({ long: () => view.score(megabyte) }, { rounds: 10, warmUp: 3 });
console.log(`one field of 1 MiB: ${(long / 1000).toFixed(1)} ms`);
finish('linear-view', { ...figures, megabyteUs: long });

// What does a kilobyte of body cost to canonicalize and tokenize, by kind and size? At most 60 µs is wanted.
import { canonicalize } from '../../dist/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../dist/canonicalize/limits.js';
import { requestFromJson } from '../../dist/request/from-json.js';
import { loadBundle } from '../../dist/score/bundle.js';
import { Tokenizer } from '../../dist/tokenize/tokenizer.js';
import { BODY_KINDS, postOf } from './bodies.mjs';
import { bundleDirectory, finish, median } from './measure.mjs';

/** Kilobytes; the largest stays under the inspection limit of 1,024. */
const SIZES = [0.6, 4, 64, 1020];
/** Different bodies of one kind and size in turns, so that no cache has seen each a moment ago. */
const BODIES = 6;
const WANTED = 60;
const budget = { maxWindows: 100_000 };

const { manifest, tokenizerPath } = await loadBundle(bundleDirectory());
const tokenizer = Tokenizer.load(tokenizerPath, manifest.window);
const figures = {};
console.log(
  `${'kind'.padEnd(12)}${'bytes'.padStart(9)} fields windows  canonicalize   tokenize   both, µs/KB   processor`,
);
for (const kind of BODY_KINDS) {
  for (const size of SIZES) {
    const views = Array.from(
      { length: BODIES },
      (_, k) => requestFromJson(postOf(kind, size * 1024, 100 + k), 'bench').view,
    );
    // Short calls are timed many together, so that the clocks' grain does not show.
    const perCall = Math.max(1, Math.round(60 / size));
    const rounds = size > 100 ? 24 : 60;
    const read = { canonicalize: [], both: [], processor: [] };
    let canonical;
    let encoding;
    for (let round = -Math.ceil(rounds / 4); round < rounds; round++) {
      let canonicalizing = 0;
      let kilobytes = 0;
      const used = process.cpuUsage();
      const start = performance.now();
      for (let call = 0; call < perCall; call++) {
        const view = views[(round * perCall + call + rounds * perCall) % BODIES];
        const from = performance.now();
        canonical = canonicalize(view, DEFAULT_LIMITS);
        canonicalizing += performance.now() - from;
        encoding = tokenizer.encode(canonical, budget);
        kilobytes += canonical.bytesReceived / 1024;
      }
      const ms = performance.now() - start;
      const { user, system } = process.cpuUsage(used);
      if (round < 0) continue;
      read.canonicalize.push((canonicalizing * 1000) / kilobytes);
      read.both.push((ms * 1000) / kilobytes);
      read.processor.push((user + system) / kilobytes);
    }
    const canonicalizeUs = median(read.canonicalize);
    const both = median(read.both);
    // What all threads used: on a busy machine nearer to the cost than the clock on the wall.
    const processor = median(read.processor);
    const bytes = canonical.bytesReceived;
    const cells = [
      kind.padEnd(12),
      String(bytes).padStart(9),
      String(canonical.fields.length).padStart(7),
      String(encoding.windows.length).padStart(8),
      canonicalizeUs.toFixed(1).padStart(14),
      (both - canonicalizeUs).toFixed(1).padStart(11),
      both.toFixed(1).padStart(14),
      processor.toFixed(1).padStart(12),
    ];
    console.log(`${cells.join('')}${both > WANTED ? '  over' : ''}`);
    figures[`${kind}${size}k`] = {
      bytes,
      fields: canonical.fields.length,
      canonicalizeUsPerKb: canonicalizeUs,
      usPerKb: both,
      processorUsPerKb: processor,
    };
  }
}
finish('body-kinds', { wantedUsPerKb: WANTED, ...figures });

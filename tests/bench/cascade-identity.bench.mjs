// Are decisions at the default settings those of a Transformer that judges everything? Over whole files of requests, as
// `normgate score` reads them, with the cascade on, with and without its budget of windows, and off:
//   node tests/bench/cascade-identity.bench.mjs [models/ID [FILE...] [--section.key=value ...]]
// Ends with status 1 and the first requests that differ, or with the number compared.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import '../setup/typescript.mjs';
import { filesToMeasure, finish, PATIENT, UNBOUNDED } from './measure.mjs';
import { oddPost, typicalGet } from './requests.mjs';

const SHOWN = 10;
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const { PAYLOADS } = await import('../evasion/payloads.ts');
const payloads = PAYLOADS.flatMap(({ text }) => [
  typicalGet(encodeURIComponent(text)),
  ...[20, 60, 150].map((decoys) => oddPost(decoys, text)),
]);
const { model, files, settings } = filesToMeasure([...payloads, ...[20, 21, 160, 161].map((n) => oddPost(n, 'Room'))]);

/** What must not differ from the cascade off without bounds. */
const WAYS = {
  'cascade on, unbounded': ['--score.cascade=true', ...UNBOUNDED],
  'cascade on, default windows': ['--score.cascade=true', ...PATIENT],
};

/** The verdicts of one file, line after line; status 1 of the child is an error here. */
async function* verdicts(file, flags) {
  const args = [cli, 'score', file, `--model=${model}`, ...flags, ...settings];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
  const status = await ended;
  if (status !== 0) throw new Error(`normgate score ${file} with ${flags.join(' ')} ended with status ${status}`);
}

/**
 * Every decision must be the same. The score of what is denied may only be less, where the cascade left pieces alone once
 * one had decided.
 */
function differs(one, all) {
  if (all === undefined || one.id !== all.id || one.action !== all.action || one.reason !== all.reason) return true;
  return one.isAnomaly && one.score > all.score;
}

const show = ({ id, action, reason, score } = {}) => JSON.stringify({ id, action, reason, score });
const totals = { requests: 0, denied: 0, different: 0, lowerScores: 0 };
for (const file of files) {
  const before = { ...totals };
  const off = verdicts(file, ['--score.cascade=false', ...UNBOUNDED]);
  const ways = Object.entries(WAYS).map(([way, flags]) => ({ way, on: verdicts(file, flags) }));
  for await (const all of off) {
    totals.requests++;
    if (all.action === 'deny') totals.denied++;
    for (const { way, on } of ways) {
      const { value: one = {} } = await on.next();
      if (differs(one, all)) {
        totals.different++;
        if (totals.different <= SHOWN) console.error(`${file}: ${way} ${show(one)}, off ${show(all)}`);
      } else if (one.isAnomaly && one.score < all.score) totals.lowerScores++;
    }
  }
  for (const { on } of ways) if (!(await on.next()).done) totals.different++;
  console.log(
    `${file}: ${totals.requests - before.requests} requests, ${totals.denied - before.denied} denied, ${totals.different - before.different} different`,
  );
}
finish('cascade-identity', { model, ...totals });
process.exitCode = totals.different === 0 ? 0 : 1;

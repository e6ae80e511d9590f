// Are decisions the same with the cascade on and off? Over whole files of requests, as `normgate score` reads them:
//   node tests/bench/cascade-identity.mjs models/<id> FILE... [--section.key=value ...]
// Ends with status 1 and the first requests that differ, or with the number compared.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { filesToMeasure, UNBOUNDED } from './measure.mjs';

const SHOWN = 10;
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const { model, files, settings } = filesToMeasure('cascade-identity.mjs');

/** The verdicts of one file, line after line; status 1 of the child is an error here. */
async function* verdicts(file, cascade) {
  const args = [cli, 'score', file, `--model=${model}`, `--score.cascade=${cascade}`, ...UNBOUNDED, ...settings];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
  const status = await ended;
  if (status !== 0)
    throw new Error(`normgate score ${file} with the cascade ${cascade ? 'on' : 'off'} ended with status ${status}`);
}

/** What must not depend on the cascade: every decision, and the score of whatever is denied. */
const decision = ({ id, action, isAnomaly, reason, score }) =>
  JSON.stringify({ id, action, isAnomaly, reason, score: isAnomaly ? score : undefined });

const totals = { requests: 0, denied: 0, different: 0 };
for (const file of files) {
  const before = { ...totals };
  const off = verdicts(file, false);
  for await (const on of verdicts(file, true)) {
    const { value: other, done } = await off.next();
    totals.requests++;
    if (on.action === 'deny') totals.denied++;
    if (done || decision(on) !== decision(other)) {
      totals.different++;
      if (totals.different <= SHOWN)
        console.error(`${file}: on ${decision(on)}, off ${done ? 'nothing' : decision(other)}`);
    }
  }
  if (!(await off.next()).done) totals.different++;
  console.log(
    `${file}: ${totals.requests - before.requests} requests, ${totals.denied - before.denied} denied, ${totals.different - before.different} different`,
  );
}
console.log(JSON.stringify({ bench: 'cascade-identity', model, ...totals }));
process.exitCode = totals.different === 0 ? 0 : 1;

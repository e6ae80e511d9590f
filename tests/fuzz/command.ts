import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Failure, fuzz, type Progress } from './campaign.js';
import { openCorridor } from './corridor.js';
import { openRealView } from './real-scorer.js';
import { saveVector, VECTORS } from './vector.js';

const USAGE = `usage: npm run fuzz [-- options]

  --runs N     Check messages to make, from here on (1000000)
  --seed S     what they are drawn from (1)
  --resume     go on where the last run with this seed stopped, its counts included
  --real N     pass every N-th through the real scorer too, 0 for none (2000)
  --time MS    most that canonicalizing and tokenizing one message may take (200)
  --out DIR    where state-SEED.json goes (logs/fuzz)
  --vectors DIR  where failures go, made small (tests/vectors/fuzz)

Exit codes: 0 no failure, 1 failures, 2 bad usage.
`;

const OPTIONS = {
  runs: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: '1' },
  resume: { type: 'boolean', default: false },
  real: { type: 'string', default: '2000' },
  time: { type: 'string', default: '200' },
  out: { type: 'string', default: 'logs/fuzz' },
  vectors: { type: 'string', default: VECTORS },
  help: { type: 'boolean', default: false },
} as const;

/** An option that cannot be used; the message names it, what was expected and what was given. */
export class UsageError extends Error {}

/** Different failures kept of one kind. */
const MAX_PER_FAULT = 5;

/**
 * `npm run fuzz`: makes Check messages, passes them from the wire to the answer and holds each to the invariants.
 * Ends in order on Ctrl-C; `--resume` goes on from there.
 *
 * @returns the exit code.
 * @throws UsageError when an option cannot be used.
 */
export async function fuzzCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const seed = integer('seed', values.seed, 0, 2 ** 32 - 1);
  const runs = integer('runs', values.runs, 1, 1e12);
  const every = integer('real', values.real, 0, 1e12);
  const timeLimitMs = integer('time', values.time, 1, 60_000);
  const state = join(resolve(values.out), `state-${seed}.json`);
  const before = values.resume ? readState(state) : NOTHING;
  const from = before.next;
  mkdirSync(resolve(values.out), { recursive: true });

  let stopped = false;
  process.once('SIGINT', () => {
    stopped = true;
  });
  if (every > 0) await ensureBuilt();
  const real = every > 0 ? await openRealView() : undefined;
  const faults = new Map<string, number>();
  const onFailure = (failure: Failure): void => {
    const count = (faults.get(failure.fault) ?? 0) + 1;
    faults.set(failure.fault, count);
    process.stderr.write(`FAILED ${seed}:${failure.index}: ${failure.fault}\n${failure.detail ?? ''}\n`);
    if (count > MAX_PER_FAULT) return;
    const name = `${failure.fault.replace(/[^A-Za-z]+/g, '-')}-${seed}-${failure.index}`;
    process.stderr.write(`saved ${saveVector(failure, name, resolve(values.vectors))}\n`);
  };
  const started = performance.now();
  const save = (progress: Progress): void => {
    const seconds = (performance.now() - started) / 1000;
    const rate = Math.round((progress.next - from) / seconds);
    const all = { seed, ...progress, ...sum(before, progress), seconds: before.seconds + seconds, rate };
    writeFileSync(state, `${JSON.stringify(all, null, 2)}\n`);
    const { outcomes, slowest, heapBytes, rssBytes, bytes, failures } = all;
    const mb = (size: number): string => (size / 1e6).toFixed(0);
    process.stdout.write(
      `${progress.next} messages (${rate}/s, ${mb(bytes)} MB), ${outcomes.allow} allowed, ${outcomes.deny} denied, ` +
        `${outcomes.rejected} unreadable, ${failures} failures, slowest ${slowest.ms.toFixed(1)} ms (${slowest.index}), ` +
        `heap ${mb(heapBytes)} MB, resident ${mb(rssBytes)} MB\n`,
    );
  };
  try {
    const end = await fuzz({
      seed,
      from,
      runs,
      timeLimitMs,
      heapGrowthBytes: 64 * 1024 * 1024,
      checkpoint: 20_000,
      onFailure,
      onCheckpoint: save,
      stopped: () => stopped,
      second: real === undefined ? undefined : { corridor: await openCorridor(real.view), every },
    });
    save(end);
    return end.failures === 0 ? 0 : 1;
  } finally {
    await real?.close();
  }
}

/** The real scorer's worker threads run the build. */
async function ensureBuilt(): Promise<void> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  // The path in a variable: the module is JavaScript, without types of its own.
  const path = '../../deploy/demo/start/install.mjs';
  const install = (await import(path)) as { ensureBuilt(root: string, say: (line: string) => void): Promise<void> };
  await install.ensureBuilt(root, (line) => process.stderr.write(`${line}\n`));
}

/** What all runs with one seed add up to. */
type State = Pick<Progress, 'next' | 'failures' | 'outcomes' | 'slowest' | 'bytes'> & { readonly seconds: number };

const NOTHING: State = {
  next: 0,
  failures: 0,
  outcomes: { allow: 0, deny: 0, rejected: 0 },
  slowest: { index: -1, ms: 0 },
  bytes: 0,
  seconds: 0,
};

function sum(before: State, { failures, outcomes, slowest, bytes }: Progress): Omit<State, 'next' | 'seconds'> {
  return {
    failures: before.failures + failures,
    outcomes: {
      allow: before.outcomes.allow + outcomes.allow,
      deny: before.outcomes.deny + outcomes.deny,
      rejected: before.outcomes.rejected + outcomes.rejected,
    },
    slowest: before.slowest.ms > slowest.ms ? before.slowest : slowest,
    bytes: before.bytes + bytes,
  };
}

function readState(path: string): State {
  try {
    return { ...NOTHING, ...(JSON.parse(readFileSync(path, 'utf8')) as State) };
  } catch (error) {
    throw new UsageError(`--resume: expected the state of an earlier run in ${path} (${(error as Error).message})`);
  }
}

function integer(option: string, value: string, low: number, high: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= low && number <= high) return number;
  throw new UsageError(`--${option}: expected an integer from ${low} to ${high}, got "${value}"`);
}

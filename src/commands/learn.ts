import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CANONICALIZER_VERSION } from '../canonicalize/canonical-request.js';
import { loadConfig } from '../config.js';
import { ConfigError } from '../errors.js';
import { loadDetector } from '../main.js';
import { MemoryStore } from '../memory/memory-store.js';
import { checkQuorum, DEFAULT_QUORUM, DEFAULT_WINDOW_MS, type Quorum } from '../memory/quorum.js';
import { readSnapshot, SERVING } from '../memory/snapshot-folder.js';
import type { Command } from './command.js';
import { learnCaptures, scoringWith } from './learn-captures.js';
import { readStatuses } from './read-statuses.js';
import { withSpooled } from './spool.js';

/** Nobody waits, and the surprise of a whole field takes all of its pieces. Settings of the operator's own override it. */
const NO_HURRY = ['--score.maxWindows=65536', '--score.maxQueueTokens=67108864'];

/** `normgate learn`: captures in, a field memory out. */
export const learnCommand: Command = {
  summary: 'learn what is normal in each field of each host from captured requests',
  usage: `normgate learn --captures PATH... --out DIR [--model DIR] [--quorum clients=3,windows=2] [--window SECONDS]
       [--statuses FILE] [--client-header NAME] [--drop-flagged | --keep-flagged] [--unscored] [--like DIR] [--section.key=value ...]

  PATH            JSON lines of requests (gzip accepted), or a folder of them; captures as they are, or the input of
                  normgate score with the optional keys client, time and status; - is standard input
  --out           folder to write memory.bin into; the service reads it with --memory.dir=DIR
  --quorum        how many distinct clients must have shown something, in how many windows of time, before it counts.
                  clients=1,windows=1 for logs that name no client, and only for logs that you trust
  --window        length of a window, default 3600
  --statuses      Envoy's access log as envoy/envoy.yaml has it written, or lines of {"id", "status"}: what the application
                  answered, which captures do not know. Requests that it does not name, or names with 400 and up, are left
                  out
  --client-header header whose last element is the client, where the peer is a proxy
  --drop-flagged  leave out what the base model flags, which is the default only where the quorum is one client; with
                  more, what is left out are the clients that stand out by it
  --keep-flagged  learn it under a quorum of one client too: for logs that you have looked through
  --unscored      do not score: faster, but no filter (needs --keep-flagged), and no field gets a ceiling
  --like          another memory whose hash key to take, so that the two can be merged`,

  async run(args) {
    const isSetting = (argument: string): boolean => /^--[A-Za-z]+\.[A-Za-z]+=/.test(argument);
    const { values, positionals } = parseArgs({
      args: args.filter((argument) => !isSetting(argument)),
      allowPositionals: true,
      options: {
        captures: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
        model: { type: 'string' },
        quorum: { type: 'string' },
        window: { type: 'string' },
        statuses: { type: 'string' },
        'client-header': { type: 'string' },
        'drop-flagged': { type: 'boolean', default: false },
        'keep-flagged': { type: 'boolean', default: false },
        unscored: { type: 'boolean', default: false },
        like: { type: 'string' },
      },
    });
    const sources = [...values.captures, ...positionals].flatMap(filesOf);
    if (sources.length === 0) throw problem('--captures', 'files or folders of requests', 'none');
    if (values.out === undefined) throw problem('--out', 'a folder', 'none');
    if (values.unscored && !values['keep-flagged'])
      throw problem('--unscored', '--keep-flagged with it, since nothing is filtered', 'none');
    if (values['drop-flagged'] && values['keep-flagged'])
      throw problem('--drop-flagged', 'one of it and --keep-flagged', 'both');
    const flags = [
      ...NO_HURRY,
      ...args.filter(isSetting),
      ...(values.model === undefined ? [] : [`--model=${values.model}`]),
      '--memory.dir=',
    ];
    const config = loadConfig({ env: process.env, flags: [...flags, '--score.cascade=false'] });
    const detector = await loadDetector(config);
    try {
      const statuses = values.statuses === undefined ? null : await readStatuses(values.statuses);
      if (!detector.hasViews) throw problem('--model', 'a bundle with a linear view', detector.modelId);
      const identity = {
        canonicalizerVersion: CANONICALIZER_VERSION,
        modelId: detector.modelId,
        quorum: parseQuorum(values.quorum),
        windowMs: parseWindow(values.window),
        key: values.like === undefined ? randomBytes(8) : readSnapshot(values.like, SERVING).store.identity.key,
      };
      const job = {
        out: values.out,
        scoring: values.unscored ? null : scoringWith(config, detector),
        statuses,
        canonicalizeLimits: config.canonicalize,
        ...(values['drop-flagged'] && { keepFlagged: false }),
        ...(values['keep-flagged'] && { keepFlagged: true }),
        clientHeader: values['client-header']?.toLowerCase() ?? null,
        redactNames: config.capture.redactNames,
      };
      // Scored sources are read twice.
      return await withSpooled(sources, (paths, nameOf) =>
        learnCaptures(paths, new MemoryStore(identity), { ...job, nameOf }),
      );
    } finally {
      await detector.close();
    }
  },
};

function filesOf(path: string): string[] {
  if (path === '-' || !existsSync(path) || !statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.jsonl?(?:\.gz)?$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function parseQuorum(text: string | undefined): Quorum {
  if (text === undefined) return DEFAULT_QUORUM;
  const match = /^clients=(\d{1,3}),windows=(\d{1,3})$/.exec(text);
  const quorum = { clients: Number(match?.[1] ?? Number.NaN), windows: Number(match?.[2] ?? Number.NaN) };
  try {
    checkQuorum(quorum);
  } catch {
    throw problem('--quorum', 'clients=N,windows=M with numbers from 1 to 8', text);
  }
  return quorum;
}

function parseWindow(text: string | undefined): number {
  if (text === undefined) return DEFAULT_WINDOW_MS;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1) throw problem('--window', 'whole seconds from 1 up', text);
  return seconds * 1000;
}

const problem = (key: string, expected: string, actual: string): ConfigError =>
  new ConfigError({ key, expected, actual });

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { suiteFiles } from './folder.js';
import { loadFtw } from './load/ftw.js';
import { loadGotestwaf } from './load/gotestwaf.js';
import { loadJsonl } from './load/jsonl.js';
import { loadRaw } from './load/raw.js';
import { type OddOutcome, runSuite, type SuiteResult } from './run-suite.js';
import type { Target } from './send.js';
import { type RunningStack, startStack } from './stack.js';
import { type Loaded, SuiteError } from './suite-case.js';
import { renderTally } from './tally.js';

const USAGE = `usage: npm run suite -- --format raw|jsonl|gotestwaf|ftw FOLDER [options]

  --format raw        one raw HTTP request a file
           jsonl      our request JSON, one a line, .gz too, with label and class where present
           gotestwaf  GoTestWAF's test cases
           ftw        the core rule set's regression tests (go-ftw)
  --url URL           send there instead of starting Envoy, the sidecar and an application
  --blocked LIST      statuses of a denial (403), such as 403,406
  --upstream URL      the application behind the Envoy that is started (the sample shop)
  --model DIR         the bundle to serve (the newest in models/)
  --concurrency N     requests under way together (8)
  --timeout MS        for one request (5000)
  --limit N           requests at most (all)
  --out DIR           where suite.txt, suite.json and odd.jsonl go (logs/suite)

Exit codes: 0 sent, 1 more than a tenth of the requests had errors, 2 bad usage or nothing to send.
`;

const LOADERS: Readonly<Record<string, (folder: string) => Iterable<Loaded> | AsyncIterable<Loaded>>> = {
  raw: loadRaw,
  jsonl: loadJsonl,
  gotestwaf: loadGotestwaf,
  ftw: loadFtw,
};

const OPTIONS = {
  format: { type: 'string' },
  url: { type: 'string' },
  blocked: { type: 'string', default: '403' },
  upstream: { type: 'string' },
  model: { type: 'string' },
  concurrency: { type: 'string', default: '8' },
  timeout: { type: 'string', default: '5000' },
  limit: { type: 'string', default: '10000000' },
  out: { type: 'string', default: 'logs/suite' },
  help: { type: 'boolean', default: false },
} as const;

/**
 * `npm run suite -- --format raw|jsonl|gotestwaf|ftw FOLDER`: sends a suite of requests, attacks or benign, through the
 * real Envoy and prints and saves what became of them. The loaders are ours, the data is the user's.
 *
 * @returns the exit code.
 * @throws SuiteError when an option or the folder cannot be used.
 */
export async function suiteCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new SuiteError(`expected one folder\n\n${USAGE}`);
  const load = Object.hasOwn(LOADERS, values.format ?? '') ? LOADERS[values.format!]! : undefined;
  if (load === undefined) {
    throw new SuiteError(`--format: expected one of ${Object.keys(LOADERS).join(', ')}, got "${values.format ?? ''}"`);
  }
  const concurrency = integer('concurrency', values.concurrency, 1, 256);
  const timeoutMs = integer('timeout', values.timeout, 1, 600_000);
  const limit = integer('limit', values.limit, 1, 10_000_000);
  const statuses = new Set(values.blocked.split(',').map((status) => integer('blocked', status.trim(), 100, 599)));
  const given = values.url === undefined ? undefined : targetOf(values.url);

  // Before anything is started, which takes a while.
  if (suiteFiles(folder).length === 0) throw new SuiteError(`expected files in "${folder}", found none`);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const stack: RunningStack | undefined =
    given === undefined ? await startStack({ model: values.model, upstream: values.upstream, say }) : undefined;
  const interrupted = (): void => void stack?.stop().then(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const odd: OddOutcome[] = [];
  let result: SuiteResult;
  try {
    result = await runSuite(load(folder), {
      target: given ?? stack!.target,
      denials: { statuses, ours: stack !== undefined },
      concurrency,
      timeoutMs,
      limit,
      onOdd: (one) => odd.length < MAX_ODD && odd.push(one),
      onProgress: (sent) => process.stderr.isTTY && sent % 100 === 0 && process.stderr.write(`\r${sent} sent`),
    });
  } finally {
    await stack?.stop();
  }
  return report(result, odd, resolve(values.out), {
    suite: folder,
    format: values.format!,
    model: stack?.model ?? null,
  });
}

/** Odd outcomes kept in full; the table counts all. */
const MAX_ODD = 100_000;

/** Prints the table and saves it with its figures. */
function report(
  { tally, skipped, errors, repeated, latencies }: SuiteResult,
  odd: readonly OddOutcome[],
  out: string,
  about: Readonly<Record<string, string | null>>,
): number {
  const totals = tally.totals();
  const { counts } = totals.at(-1)!;
  const quantile = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))] ?? 0;
  const left = [
    ...[...errors].map(([reason, count]) => `errors: ${count} (${reason})`),
    ...(repeated === 0 ? [] : [`sent once more, because the firewall was late: ${repeated}`]),
    ...[...skipped].map(([reason, count]) => `left out: ${count} (${reason})`),
  ];
  const latency = `answered in ${quantile(0.5).toFixed(1)} ms (median), ${quantile(0.99).toFixed(1)} ms (99 %)`;
  const text = `${[renderTally(tally), '', latency, ...left].join('\n')}\n`;
  process.stdout.write(text);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'suite.txt'), text);
  const json = {
    ...about,
    time: new Date().toISOString(),
    rows: tally.rows(),
    totals,
    latencyMs: { p50: quantile(0.5), p99: quantile(0.99) },
    skipped: Object.fromEntries(skipped),
    errors: Object.fromEntries(errors),
    repeated,
  };
  writeFileSync(join(out, 'suite.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeFileSync(join(out, 'odd.jsonl'), odd.map((one) => `${JSON.stringify(one)}\n`).join(''));
  process.stderr.write(`saved ${join(out, 'suite.txt')}, suite.json, odd.jsonl\n`);
  if (counts.sent === 0) throw new SuiteError('nothing to send: no file of that format in the folder');
  return counts.error * 10 > counts.sent ? 1 : 0;
}

function integer(option: string, value: string, low: number, high: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= low && number <= high) return number;
  throw new SuiteError(`--${option}: expected an integer from ${low} to ${high}, got "${value}"`);
}

function targetOf(text: string): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search !== '') {
    throw new SuiteError(`--url: expected http://host:port or https://host:port without a path, got "${text}"`);
  }
  const tls = url.protocol === 'https:';
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (tls ? 443 : 80)), tls };
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { appsOf } from './apps.js';
import { loadCanonicalizer } from './canonicalizer.js';
import type { Finding } from './compare.js';
import { generatedCase } from './generate.js';
import { ensureFrameworks } from './install.js';
import { type AppResult, type DifferentialOptions, runDifferential } from './run-differential.js';
import { seedCases } from './seeds.js';
import type { WireCase } from './wire-case.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const USAGE = `usage: npm run differential [-- options]

Sends the same requests to Express, Fastify, Flask, Django and PHP behind the real Envoy, and to the canonicalizer, and
lists each value that an application saw and no scored sequence holds.

  --generated N  mutated requests beside the hand-written ones (500)
  --seed S       what they are drawn from (1)
  --apps LIST    of express,fastify,flask,django,php (all that are here)
  --direct       without Envoy
  --root DIR     checkout whose canonicalizer is compared (this one)
  --out DIR      where findings.json goes (logs/differential)

Exit codes: 0 compared (findings or not), 2 bad usage, or no application to compare with.
`;

const OPTIONS = {
  generated: { type: 'string', default: '500' },
  seed: { type: 'string', default: '1' },
  apps: { type: 'string' },
  direct: { type: 'boolean', default: false },
  root: { type: 'string', default: ROOT },
  out: { type: 'string', default: 'logs/differential' },
  help: { type: 'boolean', default: false },
} as const;

/** Something that the user asked for cannot be used or is not here. */
export class UsageError extends Error {}

/** `npm run differential`. @returns the exit code. @throws UsageError */
export async function differentialCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const generated = integer('generated', values.generated, 0, 1_000_000);
  const seed = integer('seed', values.seed, 0, 2 ** 32 - 1);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const frameworks = ensureFrameworks(ROOT, say);
  const { apps, missing } = appsOf(frameworks);
  for (const name of missing) say(`skipped: ${name} is not here`);
  const wanted = values.apps?.split(',');
  const chosen = apps.filter(({ name }) => wanted?.includes(name) ?? true);
  if (chosen.length === 0)
    throw new UsageError(`expected some of ${apps.map(({ name }) => name).join(', ')} in --apps`);
  const options: DifferentialOptions = {
    canonicalizer: await loadCanonicalizer(values.root),
    envoy: values.direct ? undefined : await findEnvoy(),
    timeoutMs: 5000,
  };
  if (options.envoy === undefined) say('without Envoy');
  say(`versions: ${JSON.stringify(frameworks.versions)}`);

  const results: AppResult[] = [];
  for (const app of chosen) {
    const result = await runDifferential(app, cases(seed, generated), options);
    results.push(result);
    const { sent, answered, accounted, findings } = result;
    const count = (kind: string): number => findings.filter((finding) => finding.kind === kind).length;
    say(
      `${app.name}: ${sent} sent, ${answered} answered, ${result.values} values, ${accounted} accounted for as cut, ` +
        `${count('unseen')} unseen, ${count('altered')} altered, ${count('noise')} noise`,
    );
  }
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  writeFileSync(
    join(out, 'findings.json'),
    `${JSON.stringify({ versions: frameworks.versions, seed, results }, null, 2)}\n`,
  );
  say(render(results.flatMap(({ findings }) => findings)));
  say(`saved ${join(out, 'findings.json')}`);
  return 0;
}

function* cases(seed: number, generated: number): Generator<WireCase> {
  yield* seedCases();
  for (let index = 0; index < generated; index++) yield generatedCase(seed, index);
}

/** A line for each case and place, with the applications that saw what was not scored. */
function render(findings: readonly Finding[]): string {
  const byCase = new Map<string, { apps: Set<string>; value: string }>();
  for (const { kind, case: id, where, app, value } of findings) {
    const key = `${kind}  ${id}  [${where}]`;
    const entry = byCase.get(key) ?? { apps: new Set(), value };
    entry.apps.add(app);
    byCase.set(key, entry);
  }
  const lines = [...byCase].map(
    ([key, { apps, value }]) => `${key}  ${[...apps].join(' ')}  ${JSON.stringify(value.slice(0, 80))}`,
  );
  return lines.sort().reverse().join('\n');
}

async function findEnvoy(): Promise<DifferentialOptions['envoy']> {
  // Paths in variables: these modules are JavaScript, without types of their own.
  const [installPath, renderPath] = ['../../deploy/demo/start/install.mjs', '../../envoy/render.mjs'];
  const { findEnvoy: find } = (await import(installPath)) as { findEnvoy(root: string): string | undefined };
  const { renderEnvoy: render } = (await import(renderPath)) as { renderEnvoy(values: Record<string, number>): string };
  const binary = process.env.ENVOY ?? find(ROOT);
  return binary === undefined ? undefined : { binary, render };
}

function integer(option: string, value: string, low: number, high: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= low && number <= high) return number;
  throw new UsageError(`--${option}: expected an integer from ${low} to ${high}, got "${value}"`);
}

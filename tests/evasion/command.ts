import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printable } from '../../src/printable.js';
import { makeCases } from './cases.js';
import { type Judgement, judge } from './judge.js';
import { KNOWN_FAILURES, listFailures, readKnownFailures } from './known-failures.js';
import { type Result, runCases } from './run-evasion.js';
import { openShop } from './shop.js';
import { renderMarkdown, renderText, tablesOf } from './tables.js';

const USAGE = `usage: npm run evasion [-- options]

  --model DIR      the bundle to ask (the shipped one)
  --all            every payload with every place, evasion and carrier (in turns)
  --markdown       the short table as docs/INSPECTION.md has it
  --failures       each failure: raw score, id, the field that scored most
  --json FILE      every case with its request and score
  --list-failures  writes the failures to tests/evasion/fixtures/known-failures.json; reasons there are kept

Exit codes: 0 no failure but the listed ones, 1 others, 2 bad usage.
`;

const OPTIONS = {
  model: { type: 'string' },
  all: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  failures: { type: 'boolean', default: false },
  json: { type: 'string' },
  'list-failures': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/**
 * `npm run evasion`: sends every evasion of every payload, and the same of benign values, down the corridor and prints
 * what is denied.
 *
 * @returns the exit code.
 */
export async function evasionCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  await ensureBuilt();
  const results = await runCases(makeCases(await openShop(), { all: values.all }), values.model);
  const known = readKnownFailures();
  const judgement = judge(results, known);
  print(judgement, values);
  if (values.json !== undefined) writeFileSync(resolve(values.json), `${JSON.stringify(results.map(plainResult))}\n`);
  if (values['list-failures']) {
    const list = listFailures(judgement.failures, known);
    writeFileSync(KNOWN_FAILURES, `${JSON.stringify(list, null, 2)}\n`);
    process.stderr.write(`wrote ${fileURLToPath(KNOWN_FAILURES)}\n`);
  }
  return judgement.unlisted.length === 0 ? 0 : 1;
}

function print(judgement: Judgement, { markdown, failures }: { markdown: boolean; failures: boolean }): void {
  const { plainDenied, attacks, benign, unlisted, stale } = judgement;
  for (const table of tablesOf(judgement, markdown)) {
    process.stdout.write(`${markdown ? renderMarkdown(table) : renderText(table)}\n\n`);
  }
  if (failures) {
    const rows = judgement.failures.map(({ raw, case: { id }, worst }) => `${raw.toFixed(2)}  ${id}  ${worst}`);
    process.stdout.write(`${rows.map((row) => printable(row, 200)).join('\n')}\n\n`);
  }
  const passed = attacks.filter(({ denied }) => !denied).length;
  const wrong = benign.filter(({ denied }) => denied).length;
  process.stdout.write(
    `${plainDenied.count} of ${plainDenied.of} plain payloads denied; of ${attacks.length} evasions of these ${passed} pass; ` +
      `of ${benign.length} benign requests ${wrong} denied; ${unlisted.length} failures not listed, ${stale.length} listed that do not fail\n`,
  );
}

function plainResult({ case: one, ...result }: Result) {
  const { place, evasion, carrier, ...rest } = one;
  return { ...rest, place: place.name, evasion: evasion.name, carrier: carrier?.name, ...result };
}

/** The scoring worker runs the build. */
async function ensureBuilt(): Promise<void> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  // The path in a variable: the module is JavaScript, without types of its own.
  const path = '../../deploy/demo/start/install.mjs';
  const install = (await import(path)) as { ensureBuilt(root: string, say: (line: string) => void): Promise<void> };
  await install.ensureBuilt(root, (line) => process.stderr.write(`${line}\n`));
}

/**
 * `npm test`: installs what is missing, then lint, types, vitest (units and end to end) and the trainer's pytest.
 * `--only=ts` needs no PyTorch, `--only=py` no Envoy. The last line sums up both languages: `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkNode, ensureBuilt, ensureEnvoy, ensurePackages } from '../deploy/demo/start/install.mjs';
import { StartError } from '../deploy/demo/start/start-error.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const logs = join(root, 'logs');
const python = join(root, '.venv', 'bin', 'python');
const say = (line) => process.stdout.write(`${line}\n`);

/** @typedef {{ passed: number, failed: number }} Count */

try {
  checkNode();
  mkdirSync(logs, { recursive: true });
  await ensurePackages(root, say);
  await ensureEnvoy(root, { envoy: process.env.ENVOY, python: process.env.PYTHON }, say);
  if (only !== 'ts') ensureTrainer();
  await ensureBuilt(root, say);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  say(error.message);
  process.exit(2);
}

const counts = [];
if (only !== 'py') {
  counts.push(check('lint', tool('@biomejs/biome/bin/biome'), ['check', '.']));
  counts.push(check('types', tool('typescript/bin/tsc'), ['-p', 'tsconfig.test.json']));
  counts.push(vitest());
}
if (only !== 'ts') counts.push(pytest());

const sum = counts.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }));
const summary = `${sum.passed} passed, ${sum.failed} failed`;
writeFileSync(join(logs, 'test-summary.txt'), `${summary}\n`);
say(summary);
process.exitCode = sum.failed === 0 ? 0 : 1;

/** PyTorch and the rest, pinned; honors the index that pip is configured for (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL). */
function ensureTrainer() {
  const requirements = join(root, 'trainer', 'requirements.txt');
  const stamp = join(root, '.venv', '.trainer-requirements');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!existsSync(python)) run('python3', ['-m', 'venv', join(root, '.venv')]);
  say('installing the trainer (PyTorch is large) …');
  const { status } = run(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    requirements,
  ]);
  if (status !== 0) throw new StartError('pip could not install trainer/requirements.txt: see its messages above');
  writeFileSync(stamp, wanted);
}

/** @returns {Count} one check, passed or failed as a whole */
function check(name, script, args) {
  say(`\n== ${name}`);
  const { status } = run(process.execPath, [script, ...args]);
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** @returns {Count} */
function vitest() {
  say('\n== vitest');
  const report = join(logs, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  writeFileSync(report, '{}');
  const { status } = run(process.execPath, [tool('vitest/vitest.mjs'), 'run', ...reporters]);
  const { numPassedTests = 0, numFailedTests = 0, numFailedTestSuites = 0 } = JSON.parse(readFileSync(report, 'utf8'));
  // A file that cannot even load fails no test, and must not pass for one.
  const failed = numFailedTests || (status === 0 ? 0 : Math.max(1, numFailedTestSuites));
  return { passed: numPassedTests, failed };
}

/** @returns {Count} */
function pytest() {
  say('\n== pytest');
  const report = join(logs, 'pytest.xml');
  writeFileSync(report, '');
  const { status } = run(python, ['-m', 'pytest', '-q', 'trainer/tests', `--junitxml=${report}`]);
  const suite = /<testsuite [^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] ?? '';
  const number = (key) => Number(new RegExp(`\\b${key}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  const passed = number('tests') - failed - number('skipped');
  return { passed, failed: failed || (status === 0 ? 0 : 1) };
}

function tool(path) {
  return join(root, 'node_modules', path);
}

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

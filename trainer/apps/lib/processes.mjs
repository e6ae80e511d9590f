/** Child processes in groups of their own: PHP's workers outlive their parent, a group does not. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @param {string[]} command
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, log: string}} options
 * @returns {{pid: number, stop: () => Promise<void>, exited: Promise<number | null>}}
 */
export function start([file, ...args], { cwd, env = process.env, log }) {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(-1));
  });
  const stop = async () => {
    if (child.pid === undefined) return;
    const signal = (/** @type {NodeJS.Signals} */ name) => {
      try {
        process.kill(-(/** @type {number} */ (child.pid)), name);
      } catch {
        // The group is gone: what was wanted.
      }
    };
    signal('SIGTERM');
    const timer = setTimeout(() => signal('SIGKILL'), 15_000);
    await exited;
    clearTimeout(timer);
    signal('SIGKILL');
  };
  return { pid: child.pid ?? -1, stop, exited };
}

/**
 * Runs a command to its end.
 * @param {string[]} command
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, log: string}} options
 */
export async function run(command, options) {
  const code = await start(command, options).exited;
  if (code !== 0) throw new Error(`${command[0]} ${command[1] ?? ''} failed with ${code}: see ${options.log}`);
}

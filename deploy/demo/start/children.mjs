/** The processes of one start: each logs to files of its own, and they end together, in the reverse order of starting. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Time to drain before a child is killed; the sidecar drains connections within this. */
const PATIENCE_MS = 8000;

/** @typedef {{name: string, process: import('node:child_process').ChildProcess, exited: Promise<string>, ended: boolean, log: string}} Child */

export class Children {
  /** @param {string} logs directory */
  constructor(logs) {
    this.logs = logs;
    /** @type {Child[]} */
    this.list = [];
    this.stopping = false;
    /** Resolves with what to tell when a child ends that was not asked to. @type {Promise<string>} */
    this.lost = new Promise((resolve) => {
      this.reportLoss = resolve;
    });
  }

  /**
   * @param {string} name
   * @param {string[]} command
   * @param {{cwd: string, out?: string, env?: NodeJS.ProcessEnv}} options `out`: where stdout goes, when not where stderr goes
   */
  start(name, [file, ...args], { cwd, out, env = process.env }) {
    if (this.stopping) throw new Error('stopping');
    const log = join(this.logs, `${name}.log`);
    const stderr = openSync(log, 'w');
    const stdout = out ? openSync(join(this.logs, out), 'w') : stderr;
    // A process group of its own: Ctrl-C reaches us alone, and we end the children in order.
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', stdout, stderr], detached: true });
    closeSync(stderr);
    if (stdout !== stderr) closeSync(stdout);
    /** @type {Promise<string>} */
    const exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `exit code ${code}`));
    });
    /** @type {Child} */
    const entry = { name, process: child, exited, ended: false, log };
    this.list.push(entry);
    exited.then((how) => {
      entry.ended = true;
      if (!this.stopping) this.reportLoss?.(`${name} ended (${how}); the end of ${log}:\n${lastLines(log, 5)}`);
    });
  }

  /** Ends all, last started first, and resolves when the last one is gone. */
  async stop() {
    this.stopping = true;
    for (const child of [...this.list].reverse()) {
      if (child.ended) continue;
      child.process.kill('SIGTERM');
      const timer = setTimeout(() => child.process.kill('SIGKILL'), PATIENCE_MS);
      await child.exited;
      clearTimeout(timer);
    }
  }
}

/** @param {string} file @param {number} count */
function lastLines(file, count) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  // A child's log may hold what a client sent: no control characters on the terminal.
  return lines
    .slice(-count)
    .map((line) => `  ${line.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?').slice(0, 400)}`)
    .join('\n');
}

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Asks every 25 ms; the error names what never happened. */
export async function waitFor<T>(what: string, question: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const answer = await question();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A child in a process group of its own, with stdout and stderr in files. */
export class Process {
  readonly child: ChildProcess;
  readonly exited: Promise<number | NodeJS.Signals | null>;
  private running = true;

  constructor(
    readonly name: string,
    command: readonly string[],
    readonly outFile: string,
    readonly errFile: string,
    options: { cwd: string; env?: NodeJS.ProcessEnv },
  ) {
    const out = openSync(outFile, 'w');
    const err = openSync(errFile, 'w');
    const [file, ...args] = command as [string, ...string[]];
    this.child = spawn(file, args, { ...options, stdio: ['ignore', out, err], detached: true });
    closeSync(out);
    closeSync(err);
    this.exited = new Promise((resolve) => {
      this.child.once('error', () => resolve(null));
      this.child.once('exit', (code, signal) => resolve(signal ?? code));
    });
    void this.exited.then(() => {
      this.running = false;
    });
  }

  get alive(): boolean {
    return this.running;
  }

  stdout(): string {
    return readFileSync(this.outFile, 'utf8');
  }

  stderr(): string {
    return readFileSync(this.errFile, 'utf8');
  }

  /** To the whole group. */
  signal(signal: NodeJS.Signals): void {
    if (this.running && this.child.pid !== undefined) process.kill(-this.child.pid, signal);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    // A stopped process does not see SIGTERM.
    this.signal('SIGCONT');
    this.signal(signal);
    const timer = setTimeout(() => this.signal('SIGKILL'), 10_000);
    const how = await this.exited;
    clearTimeout(timer);
    return how;
  }
}

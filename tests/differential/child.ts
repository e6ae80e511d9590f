import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';

/** A child that listens on a port. */
export class Child {
  private readonly process: ChildProcess;
  private ended = false;
  private output = '';

  constructor(
    readonly name: string,
    [file, ...args]: readonly [string, ...string[]],
    readonly port: number,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.process = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-2000);
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.process.once('error', (error) => {
      this.output += error.message;
      this.ended = true;
    });
    this.process.once('exit', () => {
      this.ended = true;
    });
  }

  /** Waits until somebody accepts connections. @throws Error with the child's last words. */
  async ready(patienceMs = 30_000): Promise<void> {
    for (const end = Date.now() + patienceMs; ; ) {
      if (this.ended || Date.now() > end) throw new Error(`${this.name} did not start: ${this.output.trim()}`);
      if (await accepts(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 3000);
    await exited;
    clearTimeout(timer);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where requests go. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** What came back: the final status with its headers in lower case, or why nothing did. */
export type Answer =
  | { readonly status: number; readonly headers: ReadonlyMap<string, string>; readonly ms: number }
  | { readonly failed: string; readonly ms: number };

/** Most of an answer's head that is read; a larger one counts as failed. */
const MAX_HEAD = 256 * 1024;

/**
 * Sends bytes as they are on a connection of their own and reads the head of the answer, interim ones (1xx) skipped.
 * Never rejects.
 */
export function send({ host, port, tls }: Target, bytes: Buffer, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const started = performance.now();
    let received = Buffer.alloc(0);
    const options = { host, port, servername: tls ? host : undefined };
    const socket: Socket = tls ? connectTls(options) : connectTcp(options);
    const timer = setTimeout(() => end('timeout'), timeoutMs);
    const finish = (answer: { failed: string } | { status: number; headers: Map<string, string> }): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...answer, ms: performance.now() - started });
    };
    const end = (failed: string): void => finish(readHead(received) ?? { failed });
    socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const head = readHead(received);
      if (head !== undefined) finish(head);
      else if (received.length > MAX_HEAD) end('head too large');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'));
    socket.once('close', () => end('closed without an answer'));
  });
}

/** The first head that is not interim; `undefined` while it is not whole. */
export function readHead(bytes: Buffer): { status: number; headers: Map<string, string> } | undefined {
  let text = bytes.subarray(0, MAX_HEAD).toString('latin1');
  for (;;) {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [line = '', ...rest] = text.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/\d(?:\.\d)? (\d{3})/.exec(line)?.[1] ?? 0);
    if (status >= 100 && status < 200 && status !== 101) {
      text = text.slice(end + 4);
      continue;
    }
    const headers = new Map<string, string>();
    for (const header of rest) {
      const colon = header.indexOf(':');
      if (colon > 0) headers.set(header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim());
    }
    return { status, headers };
  }
}

import { connect } from 'node:net';
import type { Seen } from './compare.js';

/** Largest answer that is read. */
const MAX_ANSWER = 64 * 1024 * 1024;

/**
 * Sends bytes on a connection of their own and reads the list that an echo application answers with; `undefined` when
 * it answered otherwise, or not in time. Never rejects.
 */
export function exchange(port: number, bytes: Buffer, timeoutMs: number): Promise<Seen[] | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_ANSWER) socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(readAnswer(Buffer.concat(chunks)));
    });
  });
}

function readAnswer(bytes: Buffer): Seen[] | undefined {
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = rest.subarray(0, end).toString('latin1');
    rest = rest.subarray(end + 4);
    if (/^HTTP\/1\.[01] 1\d\d/.test(head)) continue;
    if (!/^HTTP\/1\.[01] 200/.test(head)) return undefined;
    const body = /\r\ntransfer-encoding: *chunked/i.test(head) ? dechunked(rest) : rest;
    try {
      const seen: unknown = JSON.parse(body.toString('utf8'));
      return Array.isArray(seen) ? (seen as Seen[]) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** The content of a chunked body (RFC 9112 section 7.1), as far as it is well-formed. */
export function dechunked(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = line < 0 ? Number.NaN : Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

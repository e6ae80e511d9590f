import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { ConfigError } from './errors.js';
import { printable } from './printable.js';

/** Where to listen: `host:port` (IPv6 in brackets), or the path of a unix socket. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** What {@link parseListenAddress} accepts, for error messages. */
export const LISTEN_SYNTAX = 'host:port with a port from 0 to 65535, [ipv6]:port, or unix:/path of at most 100 bytes';

/** Linux allows 108 bytes with the final NUL, macOS 104 (`sun_path`, unix(7)). */
const MAX_SOCKET_PATH = 100;

/** Null when the text is no address. */
export function parseListenAddress(text: string): ListenAddress | null {
  if (text.startsWith('unix:')) {
    const path = text.slice(5).replace(/^\/\/(?=\/)/, '');
    if (path === '' || path.includes('\0') || Buffer.byteLength(path) > MAX_SOCKET_PATH) return null;
    return { kind: 'unix', path };
  }
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65535) return null;
  return { kind: 'tcp', host: (match[1] ?? match[2])!, port };
}

/**
 * Makes a socket path bindable: removes a socket that nobody listens on any more, as a killed process leaves behind.
 *
 * @throws ConfigError when the path is taken by something else: a living server, or a file that is no socket.
 */
export async function clearStaleSocket(path: string, key: string): Promise<void> {
  const expected = 'a path that is free or holds a socket nobody listens on';
  const taken = (what: string) => new ConfigError({ key, expected, actual: `${printable(path)}, ${what}` });
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw taken(error.code ?? 'which cannot be read');
  });
  if (found === null) return;
  if (!found.isSocket()) throw taken('which is not a socket');
  if (await answers(path)) throw taken('on which a server is listening');
  await unlink(path);
}

/** Only a refused connection proves that nobody listens; anything else, a full backlog too, counts as taken. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

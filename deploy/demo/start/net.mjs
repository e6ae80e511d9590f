/** Small questions to the network: is a port free, does something answer. */
import { get } from 'node:http';
import { connect, createServer } from 'node:net';

/**
 * @param {number} port 0 for any
 * @param {string} [host]
 * @returns {Promise<number | undefined>} the port, undefined when it is taken
 */
export function freePort(port = 0, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<string | undefined>} the address that accepted, undefined when none did within 3 s
 */
export function reachable(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    const end = (/** @type {string | undefined} */ address) => {
      socket.destroy();
      resolve(address);
    };
    socket.once('connect', () => end(socket.remoteAddress));
    socket.once('error', () => end(undefined)).once('timeout', () => end(undefined));
  });
}

/** @param {string} url @returns {Promise<number | undefined>} the status of a GET, undefined when nobody answered in 2 s */
export function statusOf(url) {
  return new Promise((resolve) => {
    const headers = { 'user-agent': 'normgate-start', accept: '*/*' };
    const request = get(url, { timeout: 2000, agent: false, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('error', () => resolve(undefined)).once('timeout', () => request.destroy());
  });
}

/**
 * Asks every 50 ms.
 * @param {() => Promise<boolean>} question
 * @param {number} milliseconds
 * @returns {Promise<boolean>} false when the time was over first
 */
export async function waitFor(question, milliseconds) {
  const end = Date.now() + milliseconds;
  while (!(await question())) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

/** Gives a browser, which cannot choose one, a source address: bytes in at a free port, out from `address` to Envoy. */
import { connect, createServer } from 'node:net';

/**
 * @param {number} port of Envoy on 127.0.0.1
 * @param {string} address of 127.0.0.0/8
 * @returns {Promise<{port: number, close: () => Promise<void>}>}
 */
export function startRelay(port, address) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer((inside) => {
    const outside = connect({ host: '127.0.0.1', port, localAddress: address });
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.once('error', () => {
        inside.destroy();
        outside.destroy();
      });
    }
    inside.pipe(outside).pipe(inside);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = /** @type {import('node:net').AddressInfo} */ (server.address());
      resolve({
        port: bound.port,
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      });
    });
  });
}

#!/usr/bin/env node
/**
 * The sample shop: an HTTP server on loopback with the variety of a real application, made for tests and demos.
 *
 *   node deploy/demo/shop/server.mjs --port 8090
 */
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Exchange, HttpError } from './exchange.mjs';
import { html } from './html.mjs';
import { sendJson, sendPage } from './respond.mjs';
import { ROUTES } from './routes.mjs';
import { Store } from './store.mjs';

/** @param {string} rawPath */
function decodePath(rawPath) {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    return rawPath;
  }
}

/** @param {Exchange} exchange */
async function answer(exchange) {
  const path = decodePath(exchange.rawPath);
  const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
  let pathExists = false;
  for (const [methods, pattern, handler] of ROUTES) {
    const match = pattern.exec(path);
    if (!match) continue;
    pathExists = true;
    if (methods === '*' || methods === method) {
      await handler(exchange, ...match.slice(1));
      return;
    }
  }
  throw pathExists ? new HttpError(405, 'This page cannot do that.') : new HttpError(404, 'This page does not exist.');
}

/** @param {Exchange} exchange @param {unknown} error */
function answerError(exchange, error) {
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  const known = error instanceof HttpError;
  if (!known) console.error(error);
  const status = known ? error.status : 500;
  const message = known ? error.message : 'Something broke on our side.';
  if (exchange.rawPath.startsWith('/api/') || exchange.rawPath === '/graphql')
    sendJson(exchange, { error: message }, status);
  else
    sendPage(exchange, String(status), html`<h1>${status}</h1><p>${message}</p><p><a href="/">Home</a></p>`, {
      status,
    });
}

/** @returns {import('node:http').Server} not yet listening */
export function createShop() {
  const store = new Store();
  // Above Envoy's own 60 KiB, so that whatever Envoy lets through arrives.
  return createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
    const exchange = new Exchange(request, response, store);
    answer(exchange).catch((error) => answerError(exchange, error));
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '8090' }, host: { type: 'string', default: '127.0.0.1' } },
  });
  const server = createShop();
  server.on('error', (error) => {
    console.error(`shop: ${error.message}`);
    process.exit(2);
  });
  server.listen(Number(values.port), values.host, () =>
    console.log(`shop ready on http://${values.host}:${values.port}`),
  );
  const stop = () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

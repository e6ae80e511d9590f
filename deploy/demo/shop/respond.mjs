/** Answers, with the headers that every one of the shop's pages has. */
import { page } from './html.mjs';

/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {import('./html.mjs').Html} Html */

const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
};

/** @param {ServerResponse} response @param {number} status @param {string} type @param {string | Buffer} body @param {Record<string, string>} [headers] */
export function send(response, status, type, body, headers = {}) {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/**
 * @param {import('./exchange.mjs').Exchange} exchange
 * @param {string} title
 * @param {Html} content
 * @param {{status?: number, q?: string}} [options]
 */
export function sendPage(exchange, title, content, { status = 200, q } = {}) {
  send(exchange.response, status, 'text/html; charset=utf-8', page(title, content, { user: exchange.user, q }).text);
}

/** @param {import('./exchange.mjs').Exchange} exchange @param {unknown} value @param {number} [status] */
export function sendJson(exchange, value, status = 200) {
  send(exchange.response, status, 'application/json; charset=utf-8', `${JSON.stringify(value)}\n`);
}

/** See other (RFC 9110 section 15.4.4), to a path of the shop only. @param {import('./exchange.mjs').Exchange} exchange @param {string} path */
export function redirect(exchange, path) {
  const local = /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/';
  send(exchange.response, 303, 'text/plain; charset=utf-8', '', { location: local });
}

/** What programs talk to: GraphQL, telemetry, uploads, and `/echo` for tests. */

import { HttpError } from '../exchange.mjs';
import { executeGraphql } from '../graphql.mjs';
import { html } from '../html.mjs';
import { redirect, sendJson, sendPage } from '../respond.mjs';

/** @typedef {import('../exchange.mjs').Exchange} Exchange */

/** @param {Exchange} exchange @param {unknown} query @param {unknown} variables */
function answerGraphql(exchange, query, variables) {
  if (typeof query !== 'string') throw new HttpError(400, 'query: expected a text');
  try {
    sendJson(
      exchange,
      executeGraphql(
        query,
        variables !== null && typeof variables === 'object' ? /** @type {Record<string, unknown>} */ (variables) : {},
      ),
    );
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    sendJson(exchange, { errors: [{ message: error.message }] }, error.status);
  }
}

/** @param {Exchange} exchange */
export async function postGraphql(exchange) {
  const value = await exchange.json();
  answerGraphql(exchange, value?.query, value?.variables);
}

/** @param {Exchange} exchange */
export function getGraphql(exchange) {
  let variables = {};
  try {
    variables = JSON.parse(exchange.query.get('variables') ?? '{}');
  } catch {
    throw new HttpError(400, 'variables: expected JSON');
  }
  answerGraphql(exchange, exchange.query.get('query'), variables);
}

/** @param {Exchange} exchange */
export async function telemetry(exchange) {
  const value = await exchange.json();
  sendJson(exchange, { received: Array.isArray(value?.events) ? value.events.length : 0 }, 202);
}

/** @param {Exchange} exchange */
export function uploadForm(exchange) {
  sendPage(
    exchange,
    'Upload',
    html`<h1>Show us your home</h1><form method="post" action="/upload" enctype="multipart/form-data"><input type="hidden" name="csrf" value="${exchange.cookies.get('csrf') ?? ''}"><input name="caption" placeholder="Caption"><input name="tags[]"><input type="file" name="file"><button>Upload</button></form>
<ul>${exchange.store.uploads.map((upload) => html`<li>${upload.filename}: ${upload.caption} (${upload.type}, ${upload.size} bytes)</li>`)}</ul>`,
  );
}

/** @param {Exchange} exchange */
export async function upload(exchange) {
  const parts = await exchange.multipart();
  const caption = parts.find((part) => part.name === 'caption');
  for (const part of parts) {
    if (!('bytes' in part)) continue;
    exchange.store.addUpload({
      filename: part.filename.slice(0, 200),
      type: part.type.slice(0, 100),
      size: part.bytes.length,
      caption: caption && 'value' in caption ? caption.value.slice(0, 500) : '',
    });
  }
  redirect(exchange, '/upload');
}

/**
 * What arrived, exactly: method, raw target, headers in order as byte strings, body in base64.
 * @param {Exchange} exchange
 */
export async function echo(exchange) {
  const { request } = exchange;
  const headers = [];
  for (let n = 0; n < request.rawHeaders.length; n += 2)
    headers.push([request.rawHeaders[n], request.rawHeaders[n + 1]]);
  const body = await exchange.body();
  sendJson(exchange, { method: request.method, target: request.url, headers, body: body.toString('base64') });
}

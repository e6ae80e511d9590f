/** The staff's pages: orders behind a SQL-like filter, product texts. The demo lets everybody in. */
import { PRODUCTS } from '../catalog.mjs';
import { HttpError } from '../exchange.mjs';
import { html } from '../html.mjs';
import { renderMarkdown } from '../markdown.mjs';
import { filterOrders } from '../order-filter.mjs';
import { send, sendJson, sendPage } from '../respond.mjs';

/** @typedef {import('../exchange.mjs').Exchange} Exchange */

const PER_PAGE = 50;

/** @param {Exchange} exchange */
export function orders(exchange) {
  const filter = exchange.query.get('filter') ?? '';
  const found = filterOrders(filter, exchange.store.orders);
  const page = Math.max(1, Math.trunc(Number(exchange.query.get('page') ?? 1)) || 1);
  sendPage(
    exchange,
    'Orders',
    html`<h1>${found.length} orders</h1><form><input name="filter" size="80" value="${filter}" placeholder="status = 'shipped' AND total > 50 ORDER BY created DESC"><button>Filter</button></form>
<table>${found.slice((page - 1) * PER_PAGE, page * PER_PAGE).map((order) => html`<tr><td>${order.id}</td><td>${order.created}</td><td>${order.customer}</td><td>${order.country}</td><td>${order.status}</td><td>${order.total}</td><td>${order.note}</td></tr>`)}</table>`,
  );
}

/** A cell that no spreadsheet takes for a formula. @param {unknown} value */
function csvCell(value) {
  const text = String(value ?? '').replaceAll('"', '""');
  return `"${/^[=+\-@\t\r]/.test(text) ? `'${text}` : text}"`;
}

/** @param {Exchange} exchange */
export function ordersAsCsv(exchange) {
  const found = filterOrders(exchange.query.get('filter') ?? '', exchange.store.orders);
  const lines = found.map((order) => Object.values(order).map(csvCell).join(','));
  send(
    exchange.response,
    200,
    'text/csv; charset=utf-8',
    `id,created,customer,country,status,total,note\r\n${lines.join('\r\n')}\r\n`,
  );
}

/** @param {Exchange} exchange @param {string} id */
export async function changeOrder(exchange, id) {
  const value = await exchange.json();
  const order = exchange.store.orders.find((candidate) => String(candidate.id) === id);
  if (!order) throw new HttpError(404, 'no such order');
  if (typeof value?.status === 'string') order.status = value.status.slice(0, 20);
  if (typeof value?.note === 'string') order.note = value.note.slice(0, 500);
  sendJson(exchange, order);
}

/** Checks the new texts and shows how they would look; the demo's catalog stays as it is. @param {Exchange} exchange @param {string} id */
export async function previewProduct(exchange, id) {
  const value = await exchange.json();
  const product = PRODUCTS.find((candidate) => String(candidate.id) === id);
  if (!product) throw new HttpError(404, 'no such product');
  sendJson(exchange, {
    ...product,
    name: String(value?.name ?? product.name).slice(0, 200),
    html: renderMarkdown(String(value?.description ?? '').slice(0, 20_000)).text,
  });
}

/** Saves nothing but says whether the filter can be read. @param {Exchange} exchange */
export async function checkFilter(exchange) {
  const value = await exchange.json();
  sendJson(exchange, { orders: filterOrders(String(value?.filter ?? ''), exchange.store.orders).length });
}

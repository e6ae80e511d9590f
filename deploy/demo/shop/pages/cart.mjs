/** The cart as a JSON API, and the pages around it. */
import { PRODUCTS } from '../catalog.mjs';
import { HttpError } from '../exchange.mjs';
import { html } from '../html.mjs';
import { sendJson, sendPage } from '../respond.mjs';

/** @typedef {import('../exchange.mjs').Exchange} Exchange */
/** @typedef {import('../store.mjs').CartItem} CartItem */

const MAX_ITEMS = 100;
const PRICES = new Map(PRODUCTS.map((product) => [product.sku, product.price]));

/** @param {readonly CartItem[]} items */
function totalOf(items) {
  return Math.round(items.reduce((sum, item) => sum + (PRICES.get(item.sku) ?? 0) * item.quantity, 0) * 100) / 100;
}

/** @param {unknown} value */
function quantityOf(value) {
  const quantity = Number(value ?? 1);
  if (!Number.isInteger(quantity) || quantity < 0 || quantity > 999)
    throw new HttpError(422, 'quantity: expected a whole number from 0 to 999');
  return quantity;
}

/** @param {Exchange} exchange @param {number} [status] */
function sendCart(exchange, status) {
  const items = exchange.session?.cart ?? [];
  sendJson(exchange, { items, total: totalOf(items) }, status);
}

/** @param {Exchange} exchange */
export function showAsJson(exchange) {
  sendCart(exchange);
}

/** @param {Exchange} exchange */
export async function add(exchange) {
  const value = await exchange.json();
  const sku = String(value?.sku ?? '');
  if (!PRICES.has(sku)) throw new HttpError(422, 'sku: no such product');
  const quantity = quantityOf(value.quantity);
  const { cart } = exchange.startSession();
  const item = cart.find((candidate) => candidate.sku === sku);
  if (item) item.quantity = Math.min(999, item.quantity + quantity);
  else if (cart.length < MAX_ITEMS)
    cart.push({
      sku,
      quantity,
      options: value.options,
      note: typeof value.note === 'string' ? value.note.slice(0, 500) : undefined,
    });
  else throw new HttpError(422, `a cart holds ${MAX_ITEMS} products`);
  sendCart(exchange, 201);
}

/** @param {Exchange} exchange */
export async function change(exchange) {
  const value = await exchange.json();
  const session = exchange.startSession();
  for (const wanted of Array.isArray(value?.items) ? value.items.slice(0, MAX_ITEMS) : []) {
    const item = session.cart.find((candidate) => candidate.sku === wanted?.sku);
    if (item) item.quantity = quantityOf(wanted.quantity);
  }
  session.cart = session.cart.filter((item) => item.quantity > 0);
  sendCart(exchange);
}

/** @param {Exchange} exchange */
export function remove(exchange) {
  const sku = exchange.query.get('sku');
  if (exchange.session)
    exchange.session.cart = sku === null ? [] : exchange.session.cart.filter((item) => item.sku !== sku);
  sendCart(exchange);
}

/** @param {Exchange} exchange */
export async function coupon(exchange) {
  const value = await exchange.json();
  if (value?.code !== 'WELCOME') throw new HttpError(422, 'We do not know this code.');
  sendJson(exchange, { discount: 0.1 });
}

/** @param {Exchange} exchange */
export async function checkOut(exchange) {
  const value = await exchange.json();
  const session = exchange.startSession();
  const order = exchange.store.addOrder({
    customer: String(value?.customer?.name ?? 'unknown').slice(0, 200),
    country: String(value?.shipping?.country ?? '').slice(0, 2),
    total: totalOf(session.cart),
    note: typeof value?.instructions === 'string' ? value.instructions.slice(0, 500) : null,
  });
  session.cart = [];
  sendJson(exchange, { order: order.id, total: order.total }, 201);
}

/** @param {Exchange} exchange */
export function cartPage(exchange) {
  const items = exchange.session?.cart ?? [];
  sendPage(
    exchange,
    'Cart',
    html`<h1>Cart</h1><table id="cart">${items.map((item) => html`<tr data-sku="${item.sku}"><td>${item.sku}</td><td>${item.quantity}</td><td>${item.note}</td></tr>`)}</table><p>€${totalOf(items).toFixed(2)}</p><a href="/checkout">Check out</a>`,
  );
}

/** @param {Exchange} exchange */
export function checkoutPage(exchange) {
  sendPage(
    exchange,
    'Check out',
    html`<h1>Check out</h1><p>€${totalOf(exchange.session?.cart ?? []).toFixed(2)}</p><form id="checkout"><input name="name"><input name="street"><button>Buy</button></form>`,
  );
}

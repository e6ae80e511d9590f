/** Home, product list, product page, search, suggestions and the products API. */
import { CATEGORIES, COLORS, PRODUCTS } from '../catalog.mjs';
import { HttpError } from '../exchange.mjs';
import { html } from '../html.mjs';
import { sendJson, sendPage } from '../respond.mjs';
import { searchProducts } from '../search.mjs';
import { commentSection } from './comments.mjs';

/** @typedef {import('../exchange.mjs').Exchange} Exchange */
/** @typedef {import('../catalog.mjs').Product} Product */

const PER_PAGE = 24;

/** @type {Record<string, (a: Product, b: Product) => number>} */
const ORDERS = {
  'price-asc': (a, b) => a.price - b.price,
  'price-desc': (a, b) => b.price - a.price,
  newest: (a, b) => b.id - a.id,
  name: (a, b) => a.name.localeCompare(b.name),
};

/** @param {readonly Product[]} products */
function cards(products) {
  return html`<ul class="products">${products.map(
    (product) =>
      html`<li><a href="/products/${product.slug}"><img src="/static/img/${product.slug}-240.svg" alt=""><b>${product.name}</b></a> ${product.brand}, €${product.price.toFixed(2)}</li>`,
  )}</ul>`;
}

/** @param {URLSearchParams} query @returns {Product[]} */
function select(query) {
  const colors = query.getAll('color');
  const found = PRODUCTS.filter(
    (product) =>
      (!query.has('category') || product.category === query.get('category')) &&
      (!query.has('brand') || product.brand === query.get('brand')) &&
      (colors.length === 0 || colors.includes(product.color)) &&
      product.price >= Number(query.get('min') ?? 0) &&
      product.price <= Number(query.get('max') ?? 1e9) &&
      (!query.has('in_stock') || product.stock > 0),
  );
  const order = ORDERS[query.get('sort') ?? ''];
  return order ? found.sort(order) : found;
}

/** @template T @param {readonly T[]} list @param {URLSearchParams} query @returns {T[]} */
function pageOf(list, query) {
  const page = Math.max(1, Math.trunc(Number(query.get('page') ?? 1)) || 1);
  return list.slice((page - 1) * PER_PAGE, page * PER_PAGE);
}

/** @param {Exchange} exchange */
export function home(exchange) {
  sendPage(
    exchange,
    'Things that last',
    html`<h1>Things that last</h1>${Object.keys(CATEGORIES).map((category) => html`<a class="tile" href="/products?category=${category}">${category}</a> `)}${cards(PRODUCTS.slice(0, 8))}`,
  );
}

/** @param {Exchange} exchange */
export function list(exchange) {
  const { query } = exchange;
  const found = select(query);
  sendPage(
    exchange,
    query.get('category') ?? 'Products',
    html`<h1>${query.get('category') ?? 'Products'}</h1>
<form class="filter">${COLORS.map((color) => html`<label><input type="checkbox" name="color" value="${color}">${color}</label> `)}
<input name="min" placeholder="from €"><input name="max" placeholder="to €">
<select name="sort">${Object.keys(ORDERS).map((name) => html`<option>${name}</option>`)}</select><button>Filter</button></form>
<p>${found.length} products</p>${cards(pageOf(found, query))}`,
  );
}

/** @param {Exchange} exchange @param {string} slug */
export function show(exchange, slug) {
  const product = PRODUCTS.find((candidate) => candidate.slug === slug);
  if (!product) throw new HttpError(404, 'We do not have this product (any more).');
  const path = `/products/${product.slug}`;
  sendPage(
    exchange,
    product.name,
    html`<article><img src="/static/img/${product.slug}-800.svg" alt=""><h1>${product.name}</h1><p>${product.brand} · ${product.sku} · €${product.price.toFixed(2)}</p><p>${product.blurb}</p>
<button class="buy" data-sku="${product.sku}">Add to cart</button></article>${commentSection(exchange, path)}`,
  );
}

/** @param {Exchange} exchange */
export function search(exchange) {
  const q = exchange.query.get('q') ?? '';
  const category = exchange.query.get('category');
  const found = searchProducts(q).filter((product) => !category || product.category === category);
  sendPage(
    exchange,
    `Search: ${q.slice(0, 60)}`,
    html`<h1>${found.length} results for “${q}”</h1>${cards(pageOf(found, exchange.query))}`,
    { q },
  );
}

/** @param {Exchange} exchange */
export function suggest(exchange) {
  const found = searchProducts(exchange.query.get('q') ?? '');
  sendJson(exchange, { suggestions: found.slice(0, 8).map(({ name, slug }) => ({ name, slug })) });
}

/** @param {Exchange} exchange */
export function listAsJson(exchange) {
  const q = exchange.query.get('q');
  const found = q === null ? select(exchange.query) : searchProducts(q);
  sendJson(exchange, { total: found.length, products: pageOf(found, exchange.query) });
}

/** @param {Exchange} exchange @param {string} id */
export function showAsJson(exchange, id) {
  const product = PRODUCTS.find((candidate) => String(candidate.id) === id);
  if (!product) throw new HttpError(404, 'no such product');
  const wanted = exchange.query.get('fields')?.split(',');
  sendJson(
    exchange,
    wanted ? Object.fromEntries(Object.entries(product).filter(([key]) => wanted.includes(key))) : product,
  );
}

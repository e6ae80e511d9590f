/** Files under `public/`, drawn product pictures, robots.txt and sitemap.xml. */
import { readFileSync } from 'node:fs';
import { CATEGORIES, COLORS, GUIDES, PRODUCTS } from '../catalog.mjs';
import { HttpError } from '../exchange.mjs';
import { send } from '../respond.mjs';

/** @typedef {import('../exchange.mjs').Exchange} Exchange */

/** A closed list: nothing in a request names a file on disk. @type {Readonly<Record<string, readonly [type: string, file: string]>>} */
const FILES = {
  '/static/shop.css': ['text/css; charset=utf-8', 'shop.css'],
  '/static/shop.js': ['text/javascript; charset=utf-8', 'shop.js'],
  '/static/logo.svg': ['image/svg+xml', 'logo.svg'],
  '/favicon.ico': ['image/svg+xml', 'logo.svg'],
};

const CONTENT = new Map(
  Object.entries(FILES).map(([path, [type, file]]) => [
    path,
    { type, bytes: readFileSync(new URL(`../public/${file}`, import.meta.url)) },
  ]),
);

const SLUGS = new Map(PRODUCTS.map((product) => [product.slug, product]));

/** @param {Exchange} exchange */
export function file(exchange) {
  const found = CONTENT.get(exchange.rawPath);
  if (!found) throw new HttpError(404, 'no such file');
  send(exchange.response, 200, found.type, found.bytes, { 'cache-control': 'public, max-age=86400' });
}

/** A drawing in the product's color. @param {Exchange} exchange @param {string} slug @param {string} size */
export function picture(exchange, slug, size) {
  const product = SLUGS.get(slug);
  if (!product) throw new HttpError(404, 'no such picture');
  const hue = COLORS.indexOf(product.color) * 36;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${Number(size)}" height="${Number(size)}" viewBox="0 0 100 100"><rect width="100" height="100" fill="hsl(${hue} 40% 90%)"/><circle cx="50" cy="50" r="${20 + (product.id % 20)}" fill="hsl(${hue} 50% 45%)"/></svg>`;
  send(exchange.response, 200, 'image/svg+xml', svg, { 'cache-control': 'public, max-age=86400' });
}

/** @param {Exchange} exchange */
export function robots(exchange) {
  send(
    exchange.response,
    200,
    'text/plain; charset=utf-8',
    'User-agent: *\nDisallow: /admin\nDisallow: /api/\nSitemap: /sitemap.xml\n',
  );
}

/** @param {Exchange} exchange */
export function sitemap(exchange) {
  const host = 'https://shop.example';
  const paths = [
    '/',
    ...Object.keys(CATEGORIES).map((category) => `/products?category=${category}`),
    ...Object.keys(GUIDES).map((slug) => `/guides/${slug}`),
    ...PRODUCTS.map(({ slug }) => `/products/${slug}`),
  ];
  send(
    exchange.response,
    200,
    'application/xml; charset=utf-8',
    `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${paths.map((path) => `<url><loc>${host}${path}</loc></url>`).join('\n')}\n</urlset>\n`,
  );
}

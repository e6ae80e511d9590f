/** People who look around, search and read. */
import { BRANDS, CATEGORIES, COLORS, GUIDES, PRODUCTS } from '../../shop/catalog.mjs';
import { makeSearchTerm } from '../words/shopping.mjs';
import { maybeReport } from './telemetry.mjs';

/** @typedef {import('../visitor.mjs').Visitor} Visitor */

/** @param {Visitor} visitor @param {import('../../shop/catalog.mjs').Product} product */
export async function openProduct(visitor, product) {
  const { random } = visitor;
  const query = random.weighted([
    [12, ''],
    [2, `?ref=${random.pick(['home', 'search', 'mail', 'related'])}`],
    [
      1,
      `?utm_source=newsletter&utm_medium=email&utm_campaign=${random.pick(['spring_sale', 'back-to-school', 'new%20arrivals', 'mother%27s%20day'])}&utm_content=${random.int(1, 9)}`,
    ],
    [1, `?gclid=${random.token(60)}`],
    [1, `?color=${product.color}&size=${random.pick(['S', 'M', 'L', '30+x+40', '12%22'])}`],
  ]);
  await visitor.open(`/products/${product.slug}${query}`, {
    assets: [`/static/img/${product.slug}-800.svg`, `/static/img/${product.slug}-80.svg?c=${product.color}`],
  });
}

/** @param {Visitor} visitor */
export async function listProducts(visitor) {
  const { random } = visitor;
  const filter = new URLSearchParams();
  if (random.chance(0.8)) filter.append('category', random.pick(Object.keys(CATEGORIES)));
  if (random.chance(0.3)) filter.append('brand', random.pick(BRANDS));
  for (const color of random.chance(0.3) ? random.sample(COLORS, random.int(1, 3)) : []) filter.append('color', color);
  if (random.chance(0.2)) filter.append('min', String(random.int(0, 80)));
  if (random.chance(0.3)) filter.append('max', String(random.int(90, 400)));
  if (random.chance(0.4)) filter.append('sort', random.pick(['price-asc', 'price-desc', 'newest', 'name']));
  if (random.chance(0.2)) filter.append('in_stock', random.pick(['1', 'true', 'on']));
  if (random.chance(0.3)) filter.append('page', String(random.int(1, 6)));
  const shown = random.sample(PRODUCTS, 3);
  await visitor.open(`/products${filter.size > 0 ? `?${filter}` : ''}`, {
    assets: shown.map((product) => `/static/img/${product.slug}-240.svg`),
  });
}

/** @param {Visitor} visitor */
export async function search(visitor) {
  const { random } = visitor;
  const term = makeSearchTerm(random);
  // Suggestions come while one types.
  const steps = random.chance(0.6) ? random.int(1, 3) : 0;
  for (let k = 1; k <= steps; k += 1) {
    const typed = term.slice(0, Math.max(2, Math.floor((term.length * k) / (steps + 1))));
    await visitor.callApi('GET', `/api/suggest?q=${encodeURIComponent(typed.toWellFormed())}`);
  }
  const query = new URLSearchParams({ q: term });
  if (random.chance(0.3)) query.append('category', random.pick(Object.keys(CATEGORIES)));
  if (random.chance(0.2)) query.append('sort', 'relevance');
  if (random.chance(0.1)) query.append('page', String(random.int(2, 4)));
  await visitor.open(`/search?${query}`);
}

/** @param {Visitor} visitor */
export async function browse(visitor) {
  const { random } = visitor;
  await visitor.open(random.chance(0.7) ? '/' : `/?lang=${random.pick(['en', 'de', 'fr', 'sv'])}`, { typed: true });
  const steps = random.int(3, 10);
  for (let k = 0; k < steps; k += 1) {
    await random.weighted([
      [4, () => listProducts(visitor)],
      [5, () => openProduct(visitor, random.pick(PRODUCTS))],
      [3, () => search(visitor)],
      [
        1,
        () =>
          visitor.open(
            `/guides/${random.pick(Object.keys(GUIDES))}${random.chance(0.3) ? `?step=${random.int(1, 5)}` : ''}`,
          ),
      ],
      [
        0.3,
        () =>
          visitor.open(
            random.pick([
              '/about',
              '/old-catalog.html',
              '/products/discontinued-chair-99',
              '/help/faq#returns'.split('#')[0],
            ]),
          ),
      ],
    ])();
    await maybeReport(visitor);
  }
}

/** The shop's staff, its mobile app, programs of partners, and crawlers. */
import { CATEGORIES, GUIDES, PRODUCTS } from '../../shop/catalog.mjs';
import { makeMarkdown } from '../words/code.mjs';
import { makeSentence, makeTitle } from '../words/prose.mjs';
import { makeGraphql, makeOrderFilter, makeSearchTerm } from '../words/shopping.mjs';
import { logIn } from './buy.mjs';
import { maybeReport } from './telemetry.mjs';

/** @typedef {import('../visitor.mjs').Visitor} Visitor */

/** @param {Visitor} visitor */
export async function administer(visitor) {
  const { random } = visitor;
  await visitor.open('/admin', { typed: true });
  await logIn(visitor);
  const steps = random.int(3, 9);
  for (let k = 0; k < steps; k += 1) {
    const filter = makeOrderFilter(random);
    await random.weighted([
      [
        6,
        () =>
          visitor.open(
            `/admin/orders?${new URLSearchParams({ filter, ...(random.chance(0.3) ? { page: String(random.int(1, 5)) } : {}) })}`,
          ),
      ],
      [1, () => visitor.callApi('GET', `/admin/orders.csv?filter=${encodeURIComponent(filter)}`)],
      [
        1,
        () =>
          visitor.callApi('PATCH', `/api/admin/orders/${random.int(1000, 1400)}`, {
            status: random.pick(['packed', 'shipped', 'returned']),
            note: makeSentence(random),
          }),
      ],
      [
        2,
        () =>
          visitor.callApi('PUT', `/api/admin/products/${random.int(1, PRODUCTS.length)}`, {
            name: makeTitle(random),
            price: random.int(5, 400) + 0.95,
            description: makeMarkdown(random),
            tags: random.sample(['new', 'sale', 'eco', "editor's pick"], 2),
          }),
      ],
      [1, () => visitor.callApi('POST', '/api/admin/filters', { name: makeTitle(random), filter })],
    ])();
    await maybeReport(visitor);
  }
}

/** The app and the single-page widgets talk GraphQL. @param {Visitor} visitor */
export async function talkGraphql(visitor) {
  const { random } = visitor;
  if (visitor.browser) await visitor.open('/app', { typed: true });
  const steps = random.int(3, 10);
  for (let k = 0; k < steps; k += 1) {
    const operation = makeGraphql(random);
    if (random.chance(0.2)) {
      const query = new URLSearchParams({
        query: operation.query,
        ...(operation.variables ? { variables: JSON.stringify(operation.variables) } : {}),
      });
      await visitor.callApi('GET', `/graphql?${random.chance(0.5) ? query : query.toString().replaceAll('+', '%20')}`);
    } else {
      await visitor.callApi('POST', '/graphql', operation, random.chance(0.3) ? [['x-request-id', random.uuid()]] : []);
    }
  }
}

/** A partner's script: catalog sync, carts, orders. @param {Visitor} visitor */
export async function runPartnerScript(visitor) {
  const { random, person } = visitor;
  /** @type {[string, string][]} */
  const auth = random.chance(0.7) ? [['Authorization', `Bearer ${random.token(40)}`]] : [['X-Api-Key', random.hex(32)]];
  const steps = random.int(4, 14);
  for (let k = 0; k < steps; k += 1) {
    const product = random.pick(PRODUCTS);
    await random.weighted([
      [
        4,
        () =>
          visitor.callApi(
            'GET',
            `/api/products?category=${random.pick(Object.keys(CATEGORIES))}&page=${random.int(1, 9)}&per_page=${random.pick([20, 50, 100])}`,
            undefined,
            auth,
          ),
      ],
      [
        3,
        () =>
          visitor.callApi(
            'GET',
            `/api/products/${product.id}?fields=${random.sample(['id', 'name', 'price', 'stock', 'brand'], 3).join(random.pick([',', '%2C']))}`,
            undefined,
            auth,
          ),
      ],
      [
        2,
        () => visitor.callApi('GET', `/api/products?q=${encodeURIComponent(makeSearchTerm(random))}`, undefined, auth),
      ],
      [
        2,
        () =>
          visitor.callApi(
            'POST',
            '/api/cart',
            {
              sku: product.sku,
              quantity: random.int(1, 40),
              reference: `PO-${random.int(1000, 99999)}/${person.last}`,
            },
            auth,
          ),
      ],
      [
        1,
        () =>
          visitor.callApi(
            'GET',
            `/api/products?updated_since=2025-0${random.int(1, 9)}-11T0${random.int(0, 9)}:00:00%2B02:00&sort=-price,name`,
            undefined,
            auth,
          ),
      ],
      [1, () => visitor.callApi('GET', '/api/cart', undefined, auth)],
    ])();
  }
}

const CRAWLERS = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
  'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
];

/** @param {Visitor} visitor */
export async function crawl(visitor) {
  const { random } = visitor;
  visitor.programHeaders = [
    ['User-Agent', random.pick(CRAWLERS)],
    ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['Accept-Encoding', 'gzip, deflate, br'],
    ['From', 'bot(at)example.com'],
  ];
  const get = (/** @type {string} */ path) =>
    visitor.visit('GET', path, Buffer.alloc(0), [], { destination: 'document' });
  await get('/robots.txt');
  await get('/sitemap.xml');
  const steps = random.int(4, 16);
  for (let k = 0; k < steps; k += 1) {
    await get(
      random.pick([
        `/products/${random.pick(PRODUCTS).slug}`,
        `/products?category=${random.pick(Object.keys(CATEGORIES))}&page=${random.int(1, 6)}`,
        `/guides/${random.pick(Object.keys(GUIDES))}`,
      ]),
    );
  }
  await visitor.visit('HEAD', '/', Buffer.alloc(0), [], { destination: 'document' });
}

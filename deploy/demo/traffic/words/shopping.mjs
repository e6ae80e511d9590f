/** What people look for: search terms, list filters, admin filters, GraphQL documents. */
import { BRANDS, CATEGORIES, COLORS, PRODUCTS } from '../../shop/catalog.mjs';

/** @typedef {import('../random.mjs').Random} Random */

const NOUNS = Object.values(CATEGORIES).flat();
const WISHES =
  `cheap|second hand|for kids|left-handed|under €50|< 30 cm|made in Ireland|with lid|w/o handle|2-in-1|“vintage”|100% wool|4x4|A4|no. 5|gift for dad's birthday|eco & fair|12V/2A|1/2 inch|3/4"|extra-large (XL)|non-stick|self watering|C++|C#|how to|waterproof IP67|size 42,5|mother's day|new!|set of 6|black or white|not plastic|table for two`.split(
    '|',
  );
const FOREIGN =
  `Stühle|chaise d'extérieur|lámpara de pie|tazza caffè|krzesło|стул|ナイフ|椅子|의자|كرسي|כיסא|καρέκλα|çaydanlık|ghế gỗ|hrnek|kjøkkenkniv|überzug|l'eau|crème brûlée dish|smörgås`.split(
    '|',
  );
const TYPOS =
  `tabel|kettel|lampp|o'brein|obrien and sons|bookself|chiar|desc lamp|pillow case's|ukelele|watter can`.split('|');

/**
 * @param {Random} random
 * @returns {string}
 */
export function makeSearchTerm(random) {
  const noun = random.pick(NOUNS);
  return random.weighted([
    [6, () => noun],
    [5, () => `${random.pick(COLORS)} ${noun}`],
    [5, () => `${noun} ${random.pick(WISHES)}`],
    [4, () => `${random.pick(BRANDS)} ${random.chance(0.6) ? noun : ''}`.trim()],
    [2, () => `"${random.pick(COLORS)} ${noun}"`],
    [2, () => `${noun} -${random.pick(COLORS)}`],
    [1, () => `brand:"${random.pick(BRANDS)}" ${noun}`],
    [1, () => `price:<${random.int(10, 300)} ${noun}`],
    [1, () => `${noun} OR ${random.pick(NOUNS)}`],
    [1, () => `(${noun} AND ${random.pick(COLORS)}) NOT ${random.pick(COLORS)}`],
    [2, () => random.pick(FOREIGN)],
    [2, () => random.pick(TYPOS)],
    [1, () => random.pick(PRODUCTS).sku],
    [1, () => noun.slice(0, random.int(2, 5))],
    [1, () => `${noun}s & ${random.pick(NOUNS)}s`],
    [1, () => `what's the best ${noun}?`],
    [1, () => `${noun}*`],
  ])();
}

const STATES = ['new', 'paid', 'packed', 'shipped', 'returned', 'cancelled'];
const FIELDS = ['created', 'total', 'id', 'customer', 'status'];

/**
 * A filter of the admin's order list, in the shop's own SQL-like notation.
 * @param {Random} random
 * @returns {string}
 */
export function makeOrderFilter(random) {
  const day = () => `2025-${String(random.int(1, 12)).padStart(2, '0')}-${String(random.int(1, 28)).padStart(2, '0')}`;
  const comparison = () =>
    random.pick([
      () => `status = '${random.pick(STATES)}'`,
      () => `status != '${random.pick(STATES)}'`,
      () => `total ${random.pick(['>', '<', '>=', '<='])} ${random.int(5, 900)}${random.chance(0.3) ? '.50' : ''}`,
      () => `created >= '${day()}'`,
      () => `created BETWEEN '${day()}' AND '${day()}'`,
      () => `customer LIKE '${random.pick(["O''Brien", '%son', 'Müller%', "D''A%", '%@example.com', 'Ngu%'])}'`,
      () => `status IN ('${random.pick(STATES)}', '${random.pick(STATES)}')`,
      () => `id = ${random.int(1000, 1400)}`,
      () => `country = '${random.pick(['IE', 'DE', 'FR', 'SE', 'JP'])}'`,
      () => `note IS NOT NULL`,
    ])();
  const count = random.weighted([
    [4, 1],
    [4, 2],
    [2, 3],
  ]);
  let filter = comparison();
  for (let k = 1; k < count; k += 1)
    filter += ` ${random.pick(['AND', 'AND', 'OR', 'and'])} ${random.chance(0.15) ? `(${comparison()} OR ${comparison()})` : comparison()}`;
  if (random.chance(0.4)) filter += ` ORDER BY ${random.pick(FIELDS)} ${random.pick(['DESC', 'ASC', 'desc'])}`;
  if (random.chance(0.15)) filter += ` LIMIT ${random.pick([10, 20, 50, 100])}`;
  return filter;
}

/**
 * @param {Random} random
 * @returns {{operationName?: string, query: string, variables?: Record<string, unknown>}}
 */
export function makeGraphql(random) {
  const fields = random.sample(
    ['id', 'name', 'slug', 'price', 'brand', 'stock', 'color', 'sku', 'category', 'blurb'],
    random.int(2, 7),
  );
  const lines = fields.join(random.pick(['\n    ', ' ', ', ']));
  return random.weighted([
    [
      4,
      () => ({
        operationName: 'ProductList',
        query: `query ProductList($category: String, $first: Int = 20, $after: Int) {\n  products(category: $category, first: $first, after: $after) {\n    ${lines}\n  }\n}`,
        variables: {
          category: random.pick(Object.keys(CATEGORIES)),
          first: random.pick([10, 20, 40]),
          after: random.int(0, 9) * 10,
        },
      }),
    ],
    [
      4,
      () => ({
        operationName: 'ProductById',
        query: `query ProductById($id: ID!) {\n  product(id: $id) {\n    ${lines}\n    __typename\n  }\n}`,
        variables: { id: String(random.int(1, PRODUCTS.length)) },
      }),
    ],
    [
      4,
      () => ({
        operationName: 'Search',
        query: `query Search($term: String!, $first: Int) {\n  search(term: $term, first: $first) {\n    ${lines}\n  }\n}`,
        variables: { term: makeSearchTerm(random), first: random.int(5, 25) },
      }),
    ],
    [2, () => ({ query: `{ product(id: ${random.int(1, PRODUCTS.length)}) { ${lines} } }` })],
    [
      2,
      () => ({
        query: `{\n  a: product(id: ${random.int(1, 200)}) { ${lines} }\n  b: product(id: ${random.int(1, 200)}) { ${lines} }\n  # compare\n  search(term: ${JSON.stringify(makeSearchTerm(random))}, first: 3) { name price }\n}`,
      }),
    ],
  ])();
}

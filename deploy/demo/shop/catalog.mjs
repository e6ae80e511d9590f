/**
 * The catalog of the sample shop: made once at start from word lists, the same on every start, so that the traffic
 * generator, the tests and a running shop agree on slugs without asking each other.
 *
 * @typedef {object} Product
 * @property {number} id
 * @property {string} sku      `FUR-0042-OAK`
 * @property {string} slug     URL path segment, `[a-z0-9-]+`
 * @property {string} name
 * @property {string} brand
 * @property {string} category
 * @property {string} color
 * @property {number} price    in euro
 * @property {number} stock
 * @property {string} blurb
 */

/** @type {readonly string[]} */
export const BRANDS = [
  "O'Brien & Sons",
  'Lindqvist',
  "D'Angelo Cucina",
  'Müller + Söhne',
  'Kōjin',
  'Nordlicht',
  'Atelier Noël',
  'Smith & Wesley',
  "L'Étoile",
  'Ferro/Legno',
  'Ó Súilleabháin',
  'Bits & Bolts',
  'Søndergaard',
  'Nguyễn Craft',
  'Žižka Glass',
  'Plain #7',
];

/** @type {Readonly<Record<string, readonly string[]>>} */
export const CATEGORIES = {
  furniture: ['chair', 'table', 'bookshelf', 'stool', 'bench', 'desk', 'sideboard', 'coat rack'],
  kitchen: ['knife', 'pan', 'kettle', 'cutting board', 'mug', 'bowl', 'grinder', 'teapot'],
  lighting: ['desk lamp', 'floor lamp', 'pendant', 'lantern', 'string lights', 'torch'],
  garden: ['trowel', 'planter', 'watering can', 'bird house', 'hose', 'seed box'],
  textiles: ['blanket', 'cushion', 'curtain', 'rug', 'towel', 'apron'],
  books: ['cookbook', 'field guide', 'atlas', 'notebook', 'programming primer', 'novel'],
  toys: ['puzzle', 'kite', 'train set', 'chess set', 'doll house', 'yo-yo'],
  music: ['ukulele', 'metronome', 'kalimba', 'tin whistle', 'cajón', 'capo'],
  tools: ['hammer', 'plane', 'chisel', 'spirit level', 'hand drill', 'tape measure'],
  electronics: ['dev board', 'sensor kit', 'solder iron', 'e-paper display', 'usb hub', 'logic probe'],
};

/** @type {readonly string[]} */
export const COLORS = ['oak', 'walnut', 'black', 'white', 'sage', 'brick', 'navy', 'sand', 'copper', 'slate'];

const STYLES = ['Classic', 'Folding', 'Low', 'Tall', 'Traveler’s', 'Winter', 'Everyday', 'Half-size', 'Two-in-one'];

const BLURBS = [
  'Made in small batches; expect slight differences in grain and tone.',
  'Our best seller for three years: sturdy, quiet and easy to clean.',
  'Ships flat, assembles in ten minutes with the tool in the box.',
  'Designed with the people who use it every day.',
  'A gift that does not need an explanation.',
];

/**
 * @param {string} text
 * @returns {string}
 */
export function slugOf(text) {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** @returns {Product[]} */
function makeProducts() {
  /** @type {Product[]} */
  const products = [];
  for (const [category, nouns] of Object.entries(CATEGORIES)) {
    for (const [n, noun] of nouns.entries()) {
      for (let k = 0; k < 4; k += 1) {
        const id = products.length + 1;
        const style = STYLES[(n * 5 + k * 7 + id) % STYLES.length];
        const brand = BRANDS[(n * 3 + k * 5 + id) % BRANDS.length];
        const color = COLORS[(n + k * 3 + id) % COLORS.length];
        const name = `${style} ${noun} in ${color}`;
        products.push({
          id,
          sku: `${category.slice(0, 3).toUpperCase()}-${String(id).padStart(4, '0')}-${color.slice(0, 3).toUpperCase()}`,
          slug: slugOf(`${name}-${id}`),
          name,
          brand,
          category,
          color,
          price: 5 + ((id * 37) % 400) + 0.95,
          stock: (id * 13) % 40,
          blurb: BLURBS[id % BLURBS.length],
        });
      }
    }
  }
  return products;
}

/** Every product, by id from 1. */
export const PRODUCTS = Object.freeze(makeProducts());

/** Titles of the shop's how-to articles; they have comments too. @type {Readonly<Record<string, string>>} */
export const GUIDES = {
  'sharpen-a-knife': 'How to sharpen a knife on a whetstone',
  'first-steps-dev-board': 'First steps with the dev board: blink, read a sensor, send it home',
  'query-your-sensor-log': 'Query your sensor log with SQLite',
  'oil-finish-for-oak': 'An oil finish for oak in three evenings',
  'scripts-for-the-weather-station': 'Shell scripts for the weather station',
  'sourdough-at-altitude': 'Sourdough at altitude',
};

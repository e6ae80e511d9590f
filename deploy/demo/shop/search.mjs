/** Full-text search over the catalog: every word must occur; `-word` must not; quotes keep words together. */
import { PRODUCTS } from './catalog.mjs';

/** @param {string} text */
function fold(text) {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('’', "'")
    .toLowerCase();
}

const INDEX = PRODUCTS.map((product) => ({ product, text: fold(Object.values(product).join(' ')) }));

/**
 * @param {string} query
 * @returns {import('./catalog.mjs').Product[]}
 */
export function searchProducts(query) {
  const terms = (
    fold(query)
      .slice(0, 200)
      .match(/-?"[^"]+"|[^\s"]+/g) ?? []
  )
    .map((term) => ({ not: term.startsWith('-') && term.length > 1, text: term.replace(/^-/, '').replaceAll('"', '') }))
    .filter(({ text }) => text !== '' && text !== 'or' && text !== 'and');
  if (terms.length === 0) return [];
  return INDEX.filter(({ text }) => terms.every((term) => text.includes(term.text) !== term.not)).map(
    ({ product }) => product,
  );
}

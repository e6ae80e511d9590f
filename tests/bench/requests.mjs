/** Requests that the benches share, in the form that `normgate score` reads. */
const headers = [
  ['host', 'shop.example.org'],
  [
    'user-agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  ],
  ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['accept-language', 'en-US,en;q=0.5'],
  ['accept-encoding', 'gzip, deflate, br'],
  ['referer', 'https://shop.example.org/products?category=electronics&sort=price'],
  ['cookie', 'sid=9f86d081884c7d659a2feaa0c55ad015; theme=dark; consent=necessary%2Cstatistics'],
];

/** A browser's GET of about 600 bytes; `word` makes its search term new. */
export const typicalGet = (word = 'keyboard') => ({
  method: 'GET',
  path: `/products/42/reviews?q=wireless+${word}+with+backlight&page=2&sort=price_desc`,
  headers,
});

/** A POST of as many values as an import may have that the linear view takes for attacks, and one value more behind them. */
export const oddPost = (count, last) => ({
  method: 'POST',
  path: '/api/events',
  headers: [...headers, ['content-type', 'application/json']],
  body: JSON.stringify([...Array.from({ length: count }, (_, i) => `Room ${i} (between 10 and 11 o'clock)`), last]),
});

/** A POST of a JSON body of about `kilobytes` KB. */
export function jsonPost(kilobytes) {
  const items = [];
  for (let i = 0; JSON.stringify(items).length < kilobytes * 1024; i++) {
    items.push({
      sku: `KB-${1000 + i}`,
      title: `Mechanical keyboard, layout ${i % 7}, brown switches`,
      quantity: 1 + (i % 3),
    });
  }
  const body = JSON.stringify({ items });
  return {
    method: 'POST',
    path: '/api/cart',
    headers: [...headers, ['content-type', 'application/json'], ['content-length', String(body.length)]],
    body,
  };
}

/** What the shop's script reports home: timings, clicks with selectors and XPath, errors with stack traces. */
import { makeSearchTerm } from '../words/shopping.mjs';

/** @typedef {import('../visitor.mjs').Visitor} Visitor */
/** @typedef {import('../random.mjs').Random} Random */

/** @param {Random} random */
function makeXPath(random) {
  return random.pick([
    () => `/html/body/main/div[${random.int(1, 9)}]/ul/li[${random.int(1, 30)}]/a[@class="card"]`,
    () => `//*[@id="cart"]/table/tbody/tr[${random.int(1, 9)}]/td[3]/button`,
    () => `//div[contains(@class,'product') and @data-id='${random.int(1, 240)}']//img`,
    () => `id("main")/section[${random.int(1, 4)}]/form[1]/input[@name='q']`,
  ])();
}

/** @param {Random} random */
function makeSelector(random) {
  return random.pick([
    () => `main > ul.products > li:nth-child(${random.int(1, 40)}) > a`,
    () => `#cart tr[data-sku="FUR-00${random.int(10, 99)}-OAK"] button.remove`,
    () => `form.search input[name="q"]:focus`,
    () => `body.dark > header nav a[href^="/products?category="]`,
    () => `.modal:not(.hidden) .btn--primary::after`,
  ])();
}

/** @param {Random} random @param {string} origin */
function makeError(random, origin) {
  const file = `${origin}/static/shop.js?v=12`;
  const at = () => `${random.int(1, 900)}:${random.int(1, 120)}`;
  const message = random.pick([
    "TypeError: Cannot read properties of undefined (reading 'price')",
    'Uncaught SyntaxError: Unexpected token \'<\', "<!DOCTYPE "... is not valid JSON',
    'ReferenceError: IntersectionObserver is not defined',
    'TypeError: null is not an object (evaluating \'document.querySelector("#cart").dataset\')',
    'NetworkError when attempting to fetch resource.',
    'ResizeObserver loop completed with undelivered notifications.',
    "NotAllowedError: play() failed because the user didn't interact with the document first.",
    `Error: Request failed with status code ${random.pick([404, 409, 500, 502])}`,
    'RangeError: Maximum call stack size exceeded',
    "SecurityError: Failed to read the 'localStorage' property from 'Window': Access is denied for this document.",
  ]);
  return {
    type: 'error',
    message,
    stack: `${message}\n    at renderCart (${file}:${at()})\n    at async Promise.all (index ${random.int(0, 4)})\n    at HTMLButtonElement.<anonymous> (${file}:${at()})`,
    source: file,
    line: random.int(1, 900),
  };
}

/** @param {Visitor} visitor */
export async function maybeReport(visitor) {
  const { random } = visitor;
  if (!visitor.browser || !random.chance(0.25)) return;
  const events = [];
  const count = random.int(1, 4);
  for (let k = 0; k < count; k += 1) {
    events.push(
      random.weighted([
        [4, () => ({ type: 'click', xpath: makeXPath(random), x: random.int(0, 1900), y: random.int(0, 5000) })],
        [
          3,
          () => ({
            type: 'click',
            selector: makeSelector(random),
            text: random.pick(['Add to cart', 'Buy now »', 'OK', '×', 'I agree & continue']),
          }),
        ],
        [
          3,
          () => ({
            type: 'vitals',
            lcp: random.int(300, 4000) + random.next(),
            cls: random.next() / 10,
            fid: random.int(1, 90),
            nav: random.pick(['navigate', 'reload', 'back_forward']),
          }),
        ],
        [2, () => makeError(random, visitor.origin)],
        [1, () => ({ type: 'search', term: makeSearchTerm(random), results: random.int(0, 40) })],
        [
          1,
          () => ({
            type: 'media',
            query: `(min-width: ${random.int(300, 1400)}px) and (prefers-color-scheme: dark)`,
            matches: random.chance(0.5),
          }),
        ],
      ])(),
    );
  }
  await visitor.beacon('/api/telemetry', {
    page: visitor.page,
    session: random.uuid(),
    sent: visitor.time,
    viewport: `${random.int(320, 2560)}x${random.int(560, 1440)}`,
    events,
  });
}

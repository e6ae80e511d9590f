/** HTML that cannot be injected: every interpolated value is escaped unless it already is `Html`. */

export class Html {
  /** @param {string} text trusted markup */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const ESCAPES = /** @type {Record<string, string>} */ ({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
});

/** @param {unknown} value @returns {string} safe in text and in quoted attributes */
export function escapeHtml(value) {
  return String(value).replace(/[&<>"']/g, (c) => ESCAPES[c]);
}

/** @param {unknown} value @returns {string} */
function render(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  return value === undefined || value === null || value === false ? '' : escapeHtml(value);
}

/**
 * Template tag. Attributes must be quoted; URLs in `href` and `src` must be made by the shop or pass `safeUrl`.
 * @param {TemplateStringsArray} strings
 * @param {unknown[]} values
 * @returns {Html}
 */
export function html(strings, ...values) {
  return new Html(strings.reduce((text, part, n) => text + render(values[n - 1]) + part));
}

/** A link that cannot run script: http, https, mailto or a path. @param {string} url @returns {string} */
export function safeUrl(url) {
  return /^(?:https?:\/\/|mailto:|\/(?!\/)|#)/i.test(url) ? url : '#';
}

/**
 * The page around the content.
 * @param {string} title
 * @param {Html} content
 * @param {{user?: {name: string}, q?: string}} [state]
 * @returns {Html}
 */
export function page(title, content, { user, q = '' } = {}) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Normshop</title>
<link rel="stylesheet" href="/static/shop.css?v=12"><script src="/static/shop.js?v=12" defer></script>
</head>
<body>
<header>
<a class="brand" href="/">Normshop</a>
<form class="search" action="/search"><input name="q" value="${q}" placeholder="Search, e.g. O'Brien" aria-label="Search"><button>Search</button></form>
<nav><a href="/products">Products</a> <a href="/guides/query-your-sensor-log">Guides</a> <a href="/cart">Cart</a>
${user ? html`<a href="/account">${user.name}</a>` : html`<a href="/login">Log in</a>`}</nav>
</header>
<main>${content}</main>
<footer><a href="/contact">Contact</a> <a href="/upload">Upload</a> <a href="/admin">Staff</a></footer>
</body>
</html>`;
}

/** Comments under products and guides, in text or Markdown, by form or JSON, with a preview. */
import { GUIDES, PRODUCTS } from '../catalog.mjs';
import { HttpError } from '../exchange.mjs';
import { html } from '../html.mjs';
import { renderMarkdown } from '../markdown.mjs';
import { redirect, sendJson, sendPage } from '../respond.mjs';

/** @typedef {import('../exchange.mjs').Exchange} Exchange */

const MAX_COMMENT_LENGTH = 20_000;

/** @param {Exchange} exchange @param {string} path */
export function commentSection(exchange, path) {
  return html`<section class="comments"><h2>Comments</h2>
${exchange.store.commentsOf(path).map(
  (
    comment,
  ) => html`<article class="comment"><h3>${comment.title} <small>${comment.rating}/5, ${comment.name}</small></h3>
${comment.format === 'markdown' ? renderMarkdown(comment.body) : html`<p class="text">${comment.body}</p>`}</article>`,
)}
<form method="post" action="${path}/comments">
<input type="hidden" name="csrf" value="${exchange.cookies.get('csrf') ?? ''}">
<input name="name" placeholder="Name"><input name="title" placeholder="Title"><input name="rating" type="number" min="1" max="5" value="5">
<select name="format"><option>text</option><option>markdown</option></select>
<textarea name="body"></textarea><button>Send</button></form></section>`;
}

/** @param {string} kind @param {string} slug */
function pathOf(kind, slug) {
  const exists = kind === 'guides' ? Object.hasOwn(GUIDES, slug) : PRODUCTS.some((product) => product.slug === slug);
  if (!exists) throw new HttpError(404, 'There is nothing here to comment on.');
  return `/${kind}/${slug}`;
}

/** @param {Exchange} exchange @param {string} path @param {(name: string) => unknown} get */
function add(exchange, path, get) {
  const text = (/** @type {string} */ name, /** @type {number} */ most) => String(get(name) ?? '').slice(0, most);
  exchange.store.addComment(path, {
    name: text('name', 100) || 'anonymous',
    title: text('title', 200),
    rating: Math.min(5, Math.max(1, Math.trunc(Number(get('rating'))) || 5)),
    format: get('format') === 'markdown' ? 'markdown' : 'text',
    body: text('body', MAX_COMMENT_LENGTH),
  });
}

/** @param {Exchange} exchange @param {string} kind @param {string} slug */
export async function addByForm(exchange, kind, slug) {
  const path = pathOf(kind, slug);
  const form = await exchange.form();
  add(exchange, path, (name) => form.get(name));
  redirect(exchange, path);
}

/** @param {Exchange} exchange @param {string} kind @param {string} slug */
export async function addByJson(exchange, kind, slug) {
  const path = pathOf(kind, slug);
  const value = await exchange.json();
  add(exchange, path, (name) => value?.[name]);
  sendJson(exchange, { path }, 201);
}

/** @param {Exchange} exchange */
export async function preview(exchange) {
  const value = await exchange.json();
  sendJson(exchange, { html: renderMarkdown(String(value?.markdown ?? '').slice(0, MAX_COMMENT_LENGTH)).text });
}

/** @param {Exchange} exchange @param {string} slug */
export function showGuide(exchange, slug) {
  if (!Object.hasOwn(GUIDES, slug)) throw new HttpError(404, 'We have not written this guide yet.');
  sendPage(
    exchange,
    GUIDES[slug],
    html`<h1>${GUIDES[slug]}</h1><p>Read it in the workshop, ask below.</p>${commentSection(exchange, `/guides/${slug}`)}`,
  );
}

/** Everything the shop remembers, in memory and bounded: sessions, comments, uploads, orders. */
import { randomBytes } from 'node:crypto';

/** @typedef {{sku: string, quantity: number, options?: unknown, note?: string}} CartItem */
/** @typedef {{id: string, user?: {name: string, email: string}, profile: Record<string, string>, cart: CartItem[]}} Session */
/** @typedef {{name: string, title: string, rating: number, format: string, body: string}} Comment */
/** @typedef {{id: number, created: string, customer: string, country: string, status: string, total: number, note: string | null}} Order */

const MAX_SESSIONS = 10_000;
const MAX_COMMENTS_PER_PAGE = 30;
const MAX_UPLOADS = 50;
const MAX_ORDERS = 5_000;

const CUSTOMERS = [
  "Aoife O'Brien",
  'Jürgen Müller',
  "Gina D'Angelo",
  'Noah Smith-Jones',
  '佐藤 美咲',
  'Ngọc Trần',
  'Søren Dahl',
];
const STATES = ['new', 'paid', 'packed', 'shipped', 'returned', 'cancelled'];
const COUNTRIES = ['IE', 'DE', 'FR', 'SE', 'JP'];

export class Store {
  constructor() {
    /** @type {Map<string, Session>} oldest first */
    this.sessions = new Map();
    /** @type {Map<string, Comment[]>} by page path, at most as many keys as the shop has pages */
    this.comments = new Map();
    /** @type {{filename: string, type: string, size: number, caption: string}[]} */
    this.uploads = [];
    /** @type {Order[]} */
    this.orders = Array.from({ length: 400 }, (_, n) => ({
      id: 1000 + n,
      created: new Date(Date.UTC(2025, 0, 1) + n * 78_000_000).toISOString().slice(0, 10),
      customer: CUSTOMERS[n % CUSTOMERS.length],
      country: COUNTRIES[n % COUNTRIES.length],
      status: STATES[(n * 5) % STATES.length],
      total: ((n * 37) % 900) + 0.5,
      note: n % 4 === 0 ? 'call before delivery' : null,
    }));
  }

  /** @param {string | undefined} id */
  session(id) {
    return id === undefined ? undefined : this.sessions.get(id);
  }

  /** @returns {Session} */
  startSession() {
    const session = { id: randomBytes(16).toString('hex'), profile: {}, cart: [] };
    this.sessions.set(session.id, session);
    if (this.sessions.size > MAX_SESSIONS)
      this.sessions.delete(/** @type {string} */ (this.sessions.keys().next().value));
    return session;
  }

  /** @param {string} path @param {Comment} comment */
  addComment(path, comment) {
    const list = this.comments.get(path) ?? [];
    list.unshift(comment);
    list.length = Math.min(list.length, MAX_COMMENTS_PER_PAGE);
    this.comments.set(path, list);
  }

  /** @param {string} path */
  commentsOf(path) {
    return this.comments.get(path) ?? [];
  }

  /** @param {{filename: string, type: string, size: number, caption: string}} upload */
  addUpload(upload) {
    this.uploads.unshift(upload);
    this.uploads.length = Math.min(this.uploads.length, MAX_UPLOADS);
  }

  /** @param {Omit<Order, 'id' | 'created' | 'status'>} order @returns {Order} */
  addOrder(order) {
    const last = this.orders[this.orders.length - 1];
    const added = { id: last.id + 1, created: new Date().toISOString().slice(0, 10), status: 'new', ...order };
    this.orders.push(added);
    if (this.orders.length > MAX_ORDERS) this.orders.shift();
    return added;
  }
}

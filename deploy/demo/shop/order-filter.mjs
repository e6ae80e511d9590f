/**
 * The admin's order filter: a small SQL-like notation, parsed by hand into a predicate over orders. It never reaches
 * a database.
 *
 *   status = 'shipped' AND (total > 50 OR customer LIKE 'O''B%') ORDER BY created DESC LIMIT 20
 *
 * Grammar: filter = [or] [ORDER BY field [ASC|DESC]] [LIMIT n]; or = and {OR and}; and = term {AND term};
 * term = '(' or ')' | NOT term | field op literal | field [NOT] IN '(' literal {',' literal} ')' |
 * field BETWEEN literal AND literal | field IS [NOT] NULL | field [NOT] LIKE string.
 *
 * @typedef {import('./store.mjs').Order} Order
 * @typedef {(order: Order) => boolean} Predicate
 */
import { HttpError } from './exchange.mjs';

const FIELDS = new Set(['id', 'created', 'customer', 'country', 'status', 'total', 'note']);
const TOKEN = /\s*(?:('(?:[^']|'')*')|(\d+(?:\.\d+)?)|(<=|>=|!=|<>|[=<>(),])|([A-Za-z_]+))/y;
const MAX_FILTER_LENGTH = 1000;

/** @param {string} text @returns {string[]} */
function tokenize(text) {
  if (text.length > MAX_FILTER_LENGTH) throw new HttpError(400, `a filter may have ${MAX_FILTER_LENGTH} characters`);
  const tokens = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new HttpError(400, `filter: cannot read from character ${at + 1}`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

class Parser {
  /** @param {string[]} tokens */
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
  }

  /** @param {string} word */
  is(word) {
    return this.tokens[this.at]?.toUpperCase() === word;
  }

  /** @param {string} word */
  take(word) {
    if (!this.is(word)) return false;
    this.at += 1;
    return true;
  }

  /** @param {string} word */
  expect(word) {
    if (!this.take(word)) throw new HttpError(400, `filter: expected ${word} at word ${this.at + 1}`);
  }

  /** @returns {keyof Order} */
  field() {
    const name = this.tokens[this.at]?.toLowerCase();
    if (!FIELDS.has(name))
      throw new HttpError(400, `filter: expected one of ${[...FIELDS].join(', ')} at word ${this.at + 1}`);
    this.at += 1;
    return /** @type {keyof Order} */ (name);
  }

  /** @returns {string | number} */
  literal() {
    const token = this.tokens[this.at] ?? '';
    this.at += 1;
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^\d/.test(token)) return Number(token);
    throw new HttpError(400, `filter: expected a number or a 'text' at word ${this.at}`);
  }

  /** @returns {Predicate} */
  or() {
    let left = this.and();
    while (this.take('OR')) {
      const [a, b] = [left, this.and()];
      left = (order) => a(order) || b(order);
    }
    return left;
  }

  /** @returns {Predicate} */
  and() {
    let left = this.term();
    while (this.take('AND')) {
      const [a, b] = [left, this.term()];
      left = (order) => a(order) && b(order);
    }
    return left;
  }

  /** @returns {Predicate} */
  term() {
    if (this.take('(')) {
      const inner = this.or();
      this.expect(')');
      return inner;
    }
    if (this.take('NOT')) {
      const inner = this.term();
      return (order) => !inner(order);
    }
    return this.comparison(this.field());
  }

  /** @param {keyof Order} field @returns {Predicate} */
  comparison(field) {
    if (this.take('IS')) {
      const not = this.take('NOT');
      this.expect('NULL');
      return (order) => (order[field] === null) !== not;
    }
    if (this.take('BETWEEN')) {
      const low = this.literal();
      this.expect('AND');
      const high = this.literal();
      return (order) => compare(order[field], low) >= 0 && compare(order[field], high) <= 0;
    }
    const not = this.take('NOT');
    if (this.take('IN')) {
      this.expect('(');
      const list = [this.literal()];
      while (this.take(',')) list.push(this.literal());
      this.expect(')');
      return (order) => list.some((value) => compare(order[field], value) === 0) !== not;
    }
    if (this.take('LIKE')) {
      const pattern = String(this.literal());
      return (order) => like(String(order[field] ?? ''), pattern) !== not;
    }
    const operator = this.tokens[this.at];
    this.at += 1;
    const test = {
      '=': (/** @type {number} */ c) => c === 0,
      '!=': (/** @type {number} */ c) => c !== 0,
      '<>': (/** @type {number} */ c) => c !== 0,
      '<': (/** @type {number} */ c) => c < 0,
      '>': (/** @type {number} */ c) => c > 0,
      '<=': (/** @type {number} */ c) => c <= 0,
      '>=': (/** @type {number} */ c) => c >= 0,
    }[operator];
    if (!test || not) throw new HttpError(400, `filter: expected a comparison at word ${this.at}`);
    const value = this.literal();
    return (order) => test(compare(order[field], value));
  }
}

/** @param {string | number | null} a @param {string | number} b */
function compare(a, b) {
  if (a === null) return Number.NaN;
  if (typeof a === 'number') return a - Number(b);
  return a < String(b) ? -1 : a > String(b) ? 1 : 0;
}

/** SQL LIKE with `%` only, without a regular expression. @param {string} text @param {string} pattern */
function like(text, pattern) {
  const pieces = pattern.toLowerCase().split('%');
  const value = text.toLowerCase();
  if (pieces.length === 1) return value === pieces[0];
  if (!value.startsWith(pieces[0])) return false;
  let at = pieces[0].length;
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  const last = pieces[pieces.length - 1];
  return value.endsWith(last) && value.length - last.length >= at;
}

/**
 * @param {string} text
 * @param {readonly Order[]} orders
 * @returns {Order[]}
 * @throws {HttpError} 400, naming the place
 */
export function filterOrders(text, orders) {
  const parser = new Parser(tokenize(text));
  const predicate = parser.tokens.length === 0 || parser.is('ORDER') || parser.is('LIMIT') ? () => true : parser.or();
  let found = orders.filter(predicate);
  if (parser.take('ORDER')) {
    parser.expect('BY');
    const field = parser.field();
    const sign = parser.take('DESC') ? -1 : 1;
    parser.take('ASC');
    found.sort((a, b) => sign * (compare(a[field], b[field] ?? '') || 0));
  }
  if (parser.take('LIMIT')) found = found.slice(0, Number(parser.literal()));
  if (parser.at < parser.tokens.length) throw new HttpError(400, `filter: too much from word ${parser.at + 1} on`);
  return found;
}

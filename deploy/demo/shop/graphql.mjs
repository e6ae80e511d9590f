/**
 * The part of GraphQL that the shop's clients use (spec of October 2021, sections 2 and 6): one query operation with
 * variables, aliases, arguments, nested selections; no fragments, directives or mutations.
 *
 * @typedef {{alias: string, name: string, args: Record<string, unknown>, fields: Field[]}} Field
 */
import { PRODUCTS } from './catalog.mjs';
import { HttpError } from './exchange.mjs';
import { searchProducts } from './search.mjs';

const TOKEN =
  /[\s,\ufeff]*(?:#[^\n]*[\s,]*)*(?:("(?:[^"\\\n]|\\.)*")|(-?\d+(?:\.\d+)?)|([A-Za-z_]\w*)|([{}()[\]:!=$]|\.\.\.|@)|$)/y;
const MAX_QUERY_LENGTH = 20_000;
const MAX_DEPTH = 6;
const MAX_FIELDS = 200;

class Parser {
  /** @param {string} source @param {Record<string, unknown>} variables */
  constructor(source, variables) {
    if (source.length > MAX_QUERY_LENGTH) throw new HttpError(400, `a query may have ${MAX_QUERY_LENGTH} characters`);
    this.source = source;
    this.variables = { ...variables };
    this.end = 0;
    this.count = 0;
    this.token = '';
    this.next();
  }

  next() {
    TOKEN.lastIndex = this.end;
    const match = TOKEN.exec(this.source);
    if (!match) throw new HttpError(400, `query: unexpected character at ${this.end + 1}`);
    this.end = TOKEN.lastIndex;
    this.token = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
  }

  /** @param {string} token */
  take(token) {
    if (this.token !== token) return false;
    this.next();
    return true;
  }

  /** @param {string} token */
  expect(token) {
    if (!this.take(token)) throw new HttpError(400, `query: expected ${token} before character ${this.end}`);
  }

  name() {
    const name = this.token;
    if (!/^[A-Za-z_]/.test(name)) throw new HttpError(400, `query: expected a name before character ${this.end}`);
    this.next();
    return name;
  }

  /** @returns {unknown} */
  value() {
    const token = this.token;
    if (this.take('$')) return this.variables[this.name()];
    if (this.take('[')) {
      const list = [];
      while (!this.take(']')) list.push(this.value());
      return list;
    }
    this.next();
    if (token.startsWith('"')) {
      try {
        return JSON.parse(token);
      } catch {
        throw new HttpError(400, `query: broken string before character ${this.end}`);
      }
    }
    if (/^[-\d]/.test(token)) return Number(token);
    if (token === 'true' || token === 'false') return token === 'true';
    if (token === 'null') return null;
    if (/^[A-Za-z_]/.test(token)) return token;
    throw new HttpError(400, `query: expected a value before character ${this.end}`);
  }

  operation() {
    if (this.token !== '{') {
      this.expect('query');
      if (/^[A-Za-z_]/.test(this.token)) this.name();
      if (this.take('(')) while (!this.take(')')) this.variable();
    }
    const fields = this.selection(1);
    if (this.token !== '') throw new HttpError(400, 'query: one operation only');
    return fields;
  }

  variable() {
    this.expect('$');
    const name = this.name();
    this.expect(':');
    const list = this.take('[');
    this.name();
    this.take('!');
    if (list) {
      this.expect(']');
      this.take('!');
    }
    if (this.take('=')) {
      const fallback = this.value();
      this.variables[name] ??= fallback;
    }
  }

  /** @param {number} depth @returns {Field[]} */
  selection(depth) {
    if (depth > MAX_DEPTH) throw new HttpError(400, `a query may be ${MAX_DEPTH} levels deep`);
    this.expect('{');
    /** @type {Field[]} */
    const fields = [];
    while (!this.take('}')) {
      this.count += 1;
      if (this.count > MAX_FIELDS) throw new HttpError(400, `a query may have ${MAX_FIELDS} fields`);
      let name = this.name();
      const alias = name;
      if (this.take(':')) name = this.name();
      /** @type {Record<string, unknown>} */
      const args = {};
      if (this.take('(')) {
        while (!this.take(')')) {
          const key = this.name();
          this.expect(':');
          args[key] = this.value();
        }
      }
      fields.push({ alias, name, args, fields: this.token === '{' ? this.selection(depth + 1) : [] });
    }
    return fields;
  }
}

const PRODUCT_FIELDS = new Set(['id', 'sku', 'slug', 'name', 'brand', 'category', 'color', 'price', 'stock', 'blurb']);

/** @param {import('./catalog.mjs').Product} product @param {Field[]} fields */
function project(product, fields) {
  return Object.fromEntries(
    fields.map(({ alias, name }) => {
      if (name === '__typename') return [alias, 'Product'];
      if (!PRODUCT_FIELDS.has(name)) throw new HttpError(400, `Product has no field ${name.slice(0, 40)}`);
      return [alias, product[/** @type {keyof import('./catalog.mjs').Product} */ (name)]];
    }),
  );
}

/** @param {unknown} value @param {number} fallback */
function whole(value, fallback) {
  return Number.isInteger(value) && Number(value) >= 0 ? Math.min(Number(value), 100) : fallback;
}

/** @param {Field} field */
function resolve({ name, args, fields }) {
  if (name === '__typename') return 'Query';
  if (name === 'product') {
    const product = PRODUCTS.find(({ id, slug }) => String(id) === String(args.id) || slug === args.slug);
    return product ? project(product, fields) : null;
  }
  if (name === 'products' || name === 'search') {
    const found =
      name === 'search'
        ? searchProducts(String(args.term ?? ''))
        : PRODUCTS.filter(
            (product) => args.category === undefined || args.category === null || product.category === args.category,
          );
    const after = whole(args.after, 0);
    return found.slice(after, after + whole(args.first, 20)).map((product) => project(product, fields));
  }
  throw new HttpError(400, `Query has no field ${name.slice(0, 40)}`);
}

/**
 * @param {string} query
 * @param {Record<string, unknown>} variables
 * @returns {{data: Record<string, unknown>}}
 * @throws {HttpError} 400
 */
export function executeGraphql(query, variables) {
  const fields = new Parser(query, variables).operation();
  return { data: Object.fromEntries(fields.map((field) => [field.alias, resolve(field)])) };
}

/**
 * One visitor: keeps cookies and the referring page, and turns intentions (open a page, submit a form, call the API)
 * into requests with the headers of its browser or program.
 *
 * @typedef {import('./random.mjs').Random} Random
 * @typedef {{name: string, value: string | Buffer, filename?: string, type?: string}} Part
 */
import { browserHeaders, makeApiClientHeaders, makeBrowser } from './browsers.mjs';
import { makePerson } from './words/people.mjs';

export class Visitor {
  /**
   * @param {{random: Random, wire: import('./wire.mjs').Wire, session: number, origin: string, program?: boolean, start: number}} options
   *   `program` for an API client, `start` is the time of the first request, ms epoch
   */
  constructor({ random, wire, session, origin, program = false, start }) {
    this.random = random;
    this.wire = wire;
    this.session = session;
    this.origin = origin;
    this.person = makePerson(random);
    this.browser = program ? undefined : makeBrowser(random);
    this.programHeaders = program ? makeApiClientHeaders(random) : [];
    this.client = `198.51.100.${random.int(1, 254)}`;
    this.time = start;
    /** @type {string | undefined} */
    this.page = undefined;
    /** @type {Map<string, string>} */
    this.cookies = new Map();
    this.cachedAssets = new Set();
    if (this.browser) this.giveAnalyticsCookies();
  }

  /** Cookies of scripts that a shop has on its pages: ids, consent as JSON, preferences. */
  giveAnalyticsCookies() {
    const { random, cookies } = this;
    if (random.chance(0.7)) cookies.set('_ga', `GA1.1.${random.int(1e8, 2147483647)}.${random.int(1.7e9, 1.76e9)}`);
    if (random.chance(0.3))
      cookies.set('_fbp', `fb.1.${random.int(1.7e9, 1.76e9)}${random.int(100, 999)}.${random.int(1e8, 2147483647)}`);
    if (random.chance(0.6)) {
      const consent = {
        v: 2,
        ads: random.chance(0.4),
        stats: random.chance(0.6),
        ts: `2025-0${random.int(1, 9)}-1${random.int(0, 9)}T10:2${random.int(0, 9)}:00Z`,
      };
      cookies.set('consent', encodeURIComponent(JSON.stringify(consent)));
    }
    if (random.chance(0.3)) cookies.set('theme', random.pick(['dark', 'light', 'system']));
    if (random.chance(0.2)) cookies.set('geo', encodeURIComponent(`${this.person.city}|${this.person.zip}`));
  }

  /** The double-submit token: the shop's when it gave one. */
  csrf() {
    if (!this.cookies.has('csrf')) this.cookies.set('csrf', this.random.token(24));
    return /** @type {string} */ (this.cookies.get('csrf'));
  }

  /** Opens a page, with the assets that its browser has not cached. @param {string} path @param {{typed?: boolean, assets?: string[]}} [options] */
  async open(path, { typed = false, assets = [] } = {}) {
    await this.visit('GET', path, Buffer.alloc(0), [], { destination: 'document', typed });
    this.page = this.origin + path;
    for (const asset of ['/static/shop.css?v=12', '/static/shop.js?v=12', '/favicon.ico', ...assets]) {
      if (this.cachedAssets.has(asset)) continue;
      this.cachedAssets.add(asset);
      const destination = asset.includes('.css') ? 'style' : asset.includes('.js') ? 'script' : 'image';
      await this.visit('GET', asset, Buffer.alloc(0), [], { destination });
    }
  }

  /** @param {string} path @param {Record<string, string> | [string, string][]} fields */
  async submitForm(path, fields) {
    const body = Buffer.from(new URLSearchParams(fields).toString());
    await this.visit('POST', path, body, [['Content-Type', 'application/x-www-form-urlencoded']], {
      destination: 'document',
    });
    this.page = this.origin + path;
  }

  /** @param {string} path @param {Part[]} parts */
  async submitMultipart(path, parts) {
    const boundary = this.boundary();
    await this.visit(
      'POST',
      path,
      encodeMultipart(parts, boundary),
      [['Content-Type', `multipart/form-data; boundary=${boundary}`]],
      {
        destination: 'document',
      },
    );
    this.page = this.origin + path;
  }

  /** @param {string} method @param {string} path @param {unknown} [value] @param {[string, string][]} [extra] */
  async callApi(method, path, value, extra = []) {
    const body = value === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(value));
    const type =
      value === undefined
        ? []
        : [
            /** @type {[string, string]} */ ([
              'Content-Type',
              this.random.chance(0.8) ? 'application/json' : 'application/json; charset=utf-8',
            ]),
          ];
    return this.visit(method, path, body, [...type, ...extra], {
      destination: 'fetch',
      accept: this.random.chance(0.5) ? 'application/json' : '*/*',
    });
  }

  /** @param {string} path @param {unknown} value */
  async beacon(path, value) {
    await this.visit('POST', path, Buffer.from(JSON.stringify(value)), [['Content-Type', 'text/plain;charset=UTF-8']], {
      destination: 'beacon',
    });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Buffer} body
   * @param {[string, string][]} contentHeaders
   * @param {{destination: import('./browsers.mjs').Destination, accept?: string, typed?: boolean}} options
   */
  async visit(method, path, body, contentHeaders, { destination, accept, typed = false }) {
    this.time += destination === 'document' ? this.random.int(1500, 60_000) : this.random.int(5, 400);
    const general = this.browser
      ? browserHeaders(this.browser, {
          destination,
          method,
          origin: this.origin,
          referer: typed ? undefined : this.page,
          accept,
          typed,
        })
      : this.programHeaders;
    /** @type {[string, string][]} */
    const cookie =
      this.cookies.size > 0
        ? [['Cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')]]
        : [];
    const response = await this.wire.send(
      { method, path, headers: [...general, ...contentHeaders, ...cookie], body },
      { session: this.session, client: this.client, time: this.time },
    );
    for (const line of response.headers['set-cookie'] ?? []) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    // Nobody answers a dry run, so the session cookie is invented where the shop would have set it.
    if (response.status === null && path === '/login' && method === 'POST')
      this.cookies.set('sid', this.random.hex(32));
    return response;
  }

  boundary() {
    if (this.browser?.family === 'firefox') return `----geckoformboundary${this.random.hex(32)}`;
    if (this.browser) return `----WebKitFormBoundary${this.random.token(16).replace(/[-_]/g, 'A')}`;
    return this.random.hex(32);
  }
}

/** @param {Part[]} parts @param {string} boundary @returns {Buffer} RFC 7578, names escaped as browsers do */
export function encodeMultipart(parts, boundary) {
  const chunks = [];
  for (const { name, value, filename, type } of parts) {
    const quote = (/** @type {string} */ text) => text.replace(/\r?\n/g, '%0D%0A').replaceAll('"', '%22');
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"`;
    if (filename !== undefined)
      head += `; filename="${quote(filename)}"\r\nContent-Type: ${type ?? 'application/octet-stream'}`;
    chunks.push(
      Buffer.from(`${head}\r\n\r\n`),
      typeof value === 'string' ? Buffer.from(value) : value,
      Buffer.from('\r\n'),
    );
  }
  chunks.push(Buffer.from(`--${boundary}--\r\n`));
  return Buffer.concat(chunks);
}

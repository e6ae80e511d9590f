/**
 * One client of an application: an address of its own, a browser's or a program's headers, a cookie jar, and what it
 * learns from the answers. Every request goes over the wire to Envoy and is answered by the application.
 *
 * @typedef {import('../../../deploy/demo/traffic/random.mjs').Random} Random
 * @typedef {import('../../../deploy/demo/traffic/visitor.mjs').Part} Part
 * @typedef {{status: number, headers: import('node:http').IncomingHttpHeaders, text: string, url: string}} Answer
 */
import { Agent, request } from 'node:http';
import { browserHeaders, makeApiClientHeaders, makeBrowser } from '../../../deploy/demo/traffic/browsers.mjs';
import { encodeMultipart } from '../../../deploy/demo/traffic/visitor.mjs';

const MAX_REDIRECTS = 5;
/** Answers of Envoy when the sidecar or the application took too long: a browser's user presses reload. */
const TRY_AGAIN = new Set([503, 504]);

export class Person {
  /**
   * @param {{random: Random, port: number, host: string, address: string, secrets: Set<string>, stats: Stats, publicCookies?: RegExp, program?: boolean}} options
   *   `port` of Envoy, `host` the Host header, `address` the loopback address to send from, `secrets` takes what must
   *   not be in a captured line
   */
  constructor({ random, port, host, address, secrets, stats, publicCookies, program = false }) {
    this.random = random;
    this.port = port;
    this.host = host;
    this.address = address;
    this.secrets = secrets;
    this.stats = stats;
    this.publicCookies = publicCookies;
    this.origin = `http://${host}`;
    this.browser = program ? undefined : makeBrowser(random);
    this.programHeaders = program ? makeApiClientHeaders(random) : [];
    /** @type {Map<string, string>} */
    this.cookies = new Map();
    /** @type {string | undefined} */
    this.page = undefined;
    this.cached = new Set();
    this.agent = new Agent({ keepAlive: true, maxSockets: 4, localAddress: address });
  }

  /** Opens a page, follows redirects as a browser does. @param {string} path @param {{typed?: boolean}} [options] */
  async open(path, { typed = false } = {}) {
    return this.navigate('GET', path, EMPTY, [], typed);
  }

  /** @param {string} path @param {Record<string, string | number> | [string, string | number][]} fields */
  async submit(path, fields) {
    const pairs = (Array.isArray(fields) ? fields : Object.entries(fields)).map(([k, v]) => [k, String(v)]);
    const body = Buffer.from(new URLSearchParams(/** @type {any} */ (pairs)).toString());
    return this.navigate('POST', path, body, [['Content-Type', 'application/x-www-form-urlencoded']]);
  }

  /** @param {string} path @param {Part[]} parts */
  async submitMultipart(path, parts) {
    const boundary = this.boundary();
    return this.navigate('POST', path, encodeMultipart(parts, boundary), [
      ['Content-Type', `multipart/form-data; boundary=${boundary}`],
    ]);
  }

  /** A script's request. @param {string} method @param {string} path @param {{json?: unknown, form?: Record<string, string | number> | [string, string | number][], parts?: Part[], text?: string, type?: string, headers?: [string, string][], accept?: string}} [options] */
  async call(method, path, { json, form, parts, text, type, headers = [], accept } = {}) {
    let body = EMPTY;
    let contentType = type;
    if (json !== undefined) {
      body = Buffer.from(JSON.stringify(json));
      contentType ??= 'application/json';
    } else if (form !== undefined) {
      const pairs = (Array.isArray(form) ? form : Object.entries(form)).map(([k, v]) => [k, String(v)]);
      body = Buffer.from(new URLSearchParams(/** @type {any} */ (pairs)).toString());
      contentType ??= 'application/x-www-form-urlencoded; charset=UTF-8';
    } else if (parts !== undefined) {
      const boundary = this.boundary();
      body = encodeMultipart(parts, boundary);
      contentType ??= `multipart/form-data; boundary=${boundary}`;
    } else if (text !== undefined) body = Buffer.from(text);
    const content = contentType ? /** @type {[string, string][]} */ ([['Content-Type', contentType]]) : [];
    return this.send(method, path, body, [...content, ...headers], { destination: 'fetch', accept });
  }

  /** What a page brings along, once a browser. @param {string[]} paths */
  async assets(paths) {
    for (const path of paths) {
      if (this.cached.has(path)) continue;
      this.cached.add(path);
      const destination = /\.css|only=styles/.test(path) ? 'style' : /\.js|modules=/.test(path) ? 'script' : 'image';
      await this.send('GET', path, EMPTY, [], { destination });
    }
  }

  /** @param {string} method @param {string} path @param {Buffer} body @param {[string, string][]} content @param {boolean} [typed] */
  async navigate(method, path, body, content, typed = false) {
    let answer = await this.send(method, path, body, content, { destination: 'document', typed });
    for (let i = 0; i < MAX_REDIRECTS && answer.status >= 300 && answer.status < 400 && answer.headers.location; i++) {
      const next = new URL(answer.headers.location, this.origin + path);
      path = next.pathname + next.search;
      answer = await this.send('GET', path, EMPTY, [], { destination: 'document', typed });
    }
    this.page = this.origin + path;
    return { ...answer, url: path };
  }

  /**
   * @param {string} method @param {string} path @param {Buffer} body @param {[string, string][]} content
   * @param {{destination: import('../../../deploy/demo/traffic/browsers.mjs').Destination, accept?: string, typed?: boolean}} options
   * @returns {Promise<Answer>}
   */
  async send(method, path, body, content, { destination, accept, typed = false }) {
    const referer = typed ? undefined : this.page;
    const general = this.browser
      ? browserHeaders(this.browser, { destination, method, origin: this.origin, referer, accept, typed })
      : this.programHeaders;
    const cookies = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    /** @type {[string, string][]} */
    const headers = [['Host', this.host], ...general, ...content];
    if (cookies) headers.push(['Cookie', cookies]);
    if (body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method))
      headers.push(['Content-Length', String(body.length)]);
    let answer = await this.exchange(method, path, headers, body);
    if (TRY_AGAIN.has(answer.status)) answer = await this.exchange(method, path, headers, body);
    this.stats.note(method, path, answer.status);
    for (const line of answer.headers['set-cookie'] ?? []) this.keepCookie(line);
    return answer;
  }

  /** @param {string} method @param {string} path @param {[string, string][]} headers @param {Buffer} body @returns {Promise<Answer>} */
  exchange(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          agent: this.agent,
          headers: /** @type {any} */ (headers.flat()),
        },
        (incoming) => {
          /** @type {Buffer[]} */
          const chunks = [];
          incoming.on('data', (chunk) => chunks.push(chunk));
          incoming.once('error', reject);
          incoming.once('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text: Buffer.concat(chunks).toString('utf8'),
              url: path,
            }),
          );
        },
      );
      outgoing.setTimeout(60_000, () => outgoing.destroy(new Error(`${method} ${path}: no answer within 60 s`)));
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  /** @param {string} line */
  keepCookie(line) {
    const [pair, ...attributes] = line.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1)];
    const gone = attributes.some(
      (a) =>
        /^\s*max-age=(0|-)/i.test(a) ||
        (/^\s*expires=/i.test(a) && Date.parse(a.slice(a.indexOf('=') + 1)) < Date.now()),
    );
    if (gone || value === '') this.cookies.delete(name);
    else {
      this.cookies.set(name, value);
      if (!this.publicCookies?.test(name)) this.keepSecret(value);
    }
  }

  /** Remembers a value that must not be in any captured line. @param {string | undefined} value */
  keepSecret(value) {
    if (value !== undefined && isSecret(value)) this.secrets.add(value);
    return value ?? '';
  }

  boundary() {
    if (this.browser?.family === 'firefox') return `----geckoformboundary${this.random.hex(32)}`;
    if (this.browser) return `----WebKitFormBoundary${this.random.token(16).replace(/[-_]/g, 'A')}`;
    return this.random.hex(32);
  }

  close() {
    this.agent.destroy();
  }
}

const EMPTY = Buffer.alloc(0);

/** Short values and plain numbers (the time of a setting) stand everywhere. @param {string} value */
export function isSecret(value) {
  return value.length >= 8 && !/^\d+$/.test(value);
}

/** Counts of what was sent and answered. */
export class Stats {
  sent = 0;
  /** @type {Map<number, number>} */
  byStatus = new Map();
  /** @type {string[]} */
  odd = [];

  /** @param {string} method @param {string} path @param {number} status */
  note(method, path, status) {
    this.sent += 1;
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    if (status >= 400 && this.odd.length < 200) this.odd.push(`${status} ${method} ${path.slice(0, 160)}`);
  }
}

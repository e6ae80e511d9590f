/** One request and its answer, with what the pages ask of them: query, cookies, body, session. */

import { randomBytes } from 'node:crypto';
import busboy from 'busboy';

/** Largest body that the shop reads: 8 MiB, above what a WAF inspects, so that the demo can show partial bodies. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** An error that is answered with its status; the message is shown. */
export class HttpError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @typedef {{name: string, value: string} | {name: string, filename: string, type: string, bytes: Buffer}} Part */

export class Exchange {
  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {import('./store.mjs').Store} store
   */
  constructor(request, response, store) {
    this.request = request;
    this.response = response;
    this.store = store;
    this.method = request.method ?? 'GET';
    const target = request.url ?? '/';
    const at = target.indexOf('?');
    this.rawPath = at < 0 ? target : target.slice(0, at);
    this.query = new URLSearchParams(at < 0 ? '' : target.slice(at + 1));
    this.cookies = parseCookies(request.headers.cookie ?? '');
    this.session = store.session(this.cookies.get('sid'));
    if (!this.cookies.has('csrf'))
      this.setCookie(`csrf=${randomBytes(18).toString('base64url')}; Path=/; SameSite=Lax`);
  }

  get user() {
    return this.session?.user;
  }

  /** @param {string} line */
  setCookie(line) {
    this.response.appendHeader('set-cookie', line);
  }

  /** The session, started when there is none yet. @returns {import('./store.mjs').Session} */
  startSession() {
    if (!this.session) {
      this.session = this.store.startSession();
      this.setCookie(`sid=${this.session.id}; Path=/; HttpOnly; SameSite=Lax`);
    }
    return this.session;
  }

  /** @returns {Promise<Buffer>} */
  async body() {
    const chunks = [];
    let size = 0;
    for await (const chunk of this.request) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw new HttpError(413, `a body may have ${MAX_BODY_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** @returns {Promise<any>} */
  async json() {
    const text = (await this.body()).toString('utf8');
    try {
      return JSON.parse(text);
    } catch {
      throw new HttpError(400, 'the body is not JSON');
    }
  }

  /** @returns {Promise<URLSearchParams>} */
  async form() {
    return new URLSearchParams((await this.body()).toString('utf8'));
  }

  /** @returns {Promise<Part[]>} fields and files of a multipart/form-data body (RFC 7578) */
  multipart() {
    return new Promise((resolve, reject) => {
      /** @type {Part[]} */
      const parts = [];
      let parser;
      try {
        parser = busboy({
          headers: this.request.headers,
          limits: { fileSize: MAX_BODY_BYTES, files: 10, fields: 100 },
          defParamCharset: 'utf8',
        });
      } catch {
        reject(new HttpError(400, 'the body is not multipart/form-data'));
        return;
      }
      parser.on('field', (name, value) => parts.push({ name, value }));
      parser.on('file', (name, stream, { filename, mimeType }) => {
        /** @type {Buffer[]} */
        const chunks = [];
        stream.on('data', (chunk) => chunks.push(chunk));
        stream.on('end', () =>
          parts.push({ name, filename: filename ?? '', type: mimeType, bytes: Buffer.concat(chunks) }),
        );
      });
      parser.on('error', () => reject(new HttpError(400, 'the multipart body is broken')));
      parser.on('close', () => resolve(parts));
      this.request.pipe(parser);
    });
  }
}

/** @param {string} header @returns {Map<string, string>} */
function parseCookies(header) {
  const cookies = new Map();
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  return cookies;
}

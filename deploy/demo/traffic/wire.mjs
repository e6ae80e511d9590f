/**
 * Sends requests byte for byte as composed (header order and case kept), or only notes them.
 *
 * @typedef {object} WireRequest
 * @property {string} method
 * @property {string} path      request-target, ASCII
 * @property {[string, string][]} headers   all of them but Content-Length and Host, byte strings
 * @property {Buffer} body
 * @typedef {{status: number | null, headers: import('node:http').IncomingHttpHeaders}} WireResponse
 */
import { createWriteStream } from 'node:fs';
import { Agent, request } from 'node:http';
import { createGzip } from 'node:zlib';

/** A JSONL file of requests, gzip when its name ends in `.gz`. */
export class Recorder {
  /** @param {string} file */
  constructor(file) {
    this.file = createWriteStream(file);
    this.sink = file.endsWith('.gz') ? createGzip() : this.file;
    if (this.sink !== this.file) this.sink.pipe(this.file);
  }

  /** @param {object} line */
  write(line) {
    this.sink.write(`${JSON.stringify(line)}\n`);
  }

  /** @returns {Promise<void>} once everything is on disk */
  close() {
    return new Promise((resolve, reject) => {
      this.file.once('close', resolve).once('error', reject);
      this.sink.end();
    });
  }
}

export class Wire {
  /**
   * @param {{target: URL, host: string, dry: boolean, recorder: Recorder | undefined}} options `host` is the Host header
   */
  constructor({ target, host, dry, recorder }) {
    this.target = target;
    this.host = host;
    this.dry = dry;
    this.recorder = recorder;
    this.agent = new Agent({ keepAlive: true, maxSockets: 16 });
    this.sent = 0;
    /** @type {Map<string, number>} */
    this.byStatus = new Map();
    /** @type {{session: number, method: string, path: string, body: string}[]} */
    this.denied = [];
  }

  /**
   * @param {WireRequest} wireRequest
   * @param {{session: number, client: string, time: number}} origin
   * @returns {Promise<WireResponse>}
   */
  async send({ method, path, headers, body }, origin) {
    /** @type {[string, string][]} */
    const all = [['Host', this.host], ...headers];
    if (body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method)) all.push(['Content-Length', String(body.length)]);
    const response = this.dry ? { status: null, headers: {} } : await this.exchange(method, path, all, body);
    this.sent += 1;
    const status = String(response.status ?? 'dry');
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    if (response.status === 403 && this.denied.length < 1000) {
      this.denied.push({ session: origin.session, method, path, body: body.toString('utf8').slice(0, 400) });
    }
    this.recorder?.write(recordOf(this.sent, method, path, all, body, response.status, origin));
    return response;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {[string, string][]} headers
   * @param {Buffer} body
   * @returns {Promise<WireResponse>}
   */
  exchange(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: this.target.hostname,
          port: this.target.port,
          method,
          path,
          agent: this.agent,
          // A flat list is sent as it stands: order, case and duplicates.
          headers: /** @type {any} */ (headers.flat()),
        },
        (incoming) => {
          incoming.resume();
          incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers }));
          incoming.once('error', reject);
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  close() {
    this.agent.destroy();
  }
}

/**
 * @param {number} n
 * @param {string} method
 * @param {string} path
 * @param {[string, string][]} headers
 * @param {Buffer} body
 * @param {number | null} status
 * @param {{session: number, client: string, time: number}} origin
 */
function recordOf(n, method, path, headers, body, status, { session, client, time }) {
  const text = body.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(body);
  return {
    id: `demo-${session}-${n}`,
    time,
    client,
    session,
    method,
    path,
    headers: headers.map(([name, value]) => [name.toLowerCase(), value]),
    ...(body.length === 0 ? {} : isText ? { body: text } : { bodyBase64: body.toString('base64') }),
    status,
  };
}

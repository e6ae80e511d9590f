import { createServer, type RequestListener, type Server } from 'node:http';
import { ConfigError } from '../errors.js';
import { clearStaleSocket, LISTEN_SYNTAX, parseListenAddress } from '../listen-address.js';

export interface AdminServerOptions {
  /** `host:port` or `unix:/path`. */
  readonly listen: string;
  /** Body and media type of `/metrics`. */
  readonly metrics: () => Promise<{ readonly body: string; readonly contentType: string }>;
  /** Body of `/readyz`, whose status is 200 when `ready` and 503 otherwise. */
  readonly readiness: () => { readonly ready: boolean };
  /** For `/learning`; null where the service does not learn, which answers 404. */
  readonly learning?: () => Promise<unknown>;
  /** A failure to answer; the peer only learns that there was one. */
  readonly onError?: (error: unknown) => void;
}

/** `/metrics`, `/livez`, `/readyz` and `/learning` over plain HTTP, for collectors and probes. */
export class AdminServer {
  private readonly server: Server;

  constructor(private readonly options: AdminServerOptions) {
    // Probes send a few hundred bytes and read at once: what does not, must not hold resources.
    this.server = createServer({ maxHeaderSize: 8192, requestTimeout: 5000, headersTimeout: 5000 }, this.handle);
    this.server.maxConnections = 64;
  }

  /**
   * @returns The address that a client connects to, with the real port where 0 was asked for.
   * @throws ConfigError when the address cannot be bound.
   */
  async start(): Promise<string> {
    const { listen } = this.options;
    const address = parseListenAddress(listen);
    if (address === null) throw new ConfigError({ key: 'admin.listen', expected: LISTEN_SYNTAX, actual: listen });
    if (address.kind === 'unix') await clearStaleSocket(address.path, 'admin.listen');
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', () =>
        reject(new ConfigError({ key: 'admin.listen', expected: 'an address that is free', actual: listen })),
      );
      this.server.listen(address.kind === 'unix' ? { path: address.path } : { ...address }, resolve);
    });
    const bound = this.server.address();
    if (bound === null || typeof bound === 'string') return listen;
    return `${listen.slice(0, listen.lastIndexOf(':'))}:${bound.port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private readonly handle: RequestListener = async (request, response) => {
    const send = (status: number, contentType: string, body: string): void => {
      response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const text = (status: number, body: string): void => send(status, 'text/plain; charset=utf-8', `${body}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      text(405, 'method not allowed');
      return;
    }
    try {
      switch (request.url?.split('?', 1)[0]) {
        case '/livez':
          // Answering at all is the proof: the event loop turns.
          return text(200, 'ok');
        case '/readyz': {
          const report = this.options.readiness();
          return send(report.ready ? 200 : 503, 'application/json', `${JSON.stringify(report)}\n`);
        }
        case '/metrics': {
          const { body, contentType } = await this.options.metrics();
          return send(200, contentType, body);
        }
        case '/learning': {
          const report = (await this.options.learning?.()) ?? null;
          if (report === null) return text(404, 'not learning: mode is not learn');
          return send(200, 'application/json', `${JSON.stringify(report)}\n`);
        }
        default:
          return text(404, 'not found: try /metrics, /livez, /readyz or /learning');
      }
    } catch (error) {
      this.options.onError?.(error);
      text(500, 'internal error');
    }
  };
}

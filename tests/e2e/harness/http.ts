import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Outgoing {
  readonly method?: string;
  /** Request-target, sent as it stands. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** What a browser sends with every navigation; a request without it is not what the model knows. */
export const BROWSER: Readonly<Record<string, string>> = {
  Host: 'shop.example',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language': 'en-IE,en;q=0.5',
  'Accept-Encoding': 'gzip, deflate, br',
};

/** One request on a connection of its own; browser headers unless others are given. */
export function send(port: number, { method = 'GET', path, headers = {}, body }: Outgoing): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const outgoing = request(
      { host: '127.0.0.1', port, method, path, agent: false, headers: { ...BROWSER, ...length, ...headers } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/**
 * Bytes as they are, on a connection of its own. The request must ask to close. Status 0 when the connection was reset
 * and the answer, if there was one, lost: that happens to who still sends when the server has refused and closed.
 */
export function sendBytes(port: number, bytes: Buffer): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.once('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(all.subarray(0, 20).toString('latin1'))?.[1] ?? 0);
      resolve({ status, body: all.subarray(end + 4) });
    });
  });
}

/** What the shop's `/echo` saw. Headers and target are byte strings. */
export interface Echo {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Base64. */
  readonly body: string;
}

export function parseEcho(reply: { status: number; body: string | Buffer }): Echo {
  if (reply.status !== 200) throw new Error(`/echo answered ${reply.status}: ${reply.body.toString().slice(0, 200)}`);
  return JSON.parse(reply.body.toString()) as Echo;
}

import { createServer, type IncomingMessage } from 'node:http';
import { parse } from 'node:querystring';
import busboy from 'busboy';
import type { App } from '../../differential/apps.js';
import type { Seen } from '../../differential/compare.js';

/** An application of Node's own parts: `node:http`, `node:querystring`, `JSON.parse`, and busboy. */
export const plainApp: App = {
  name: 'node',
  start(port) {
    const server = createServer(async (request, response) => {
      const seen = await readAll(request).catch(() => []);
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(seen));
    });
    return {
      ready: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
      stop: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  },
};

async function readAll(request: IncomingMessage): Promise<Seen[]> {
  const seen: Seen[] = [];
  pairs('query', (request.url ?? '').replace(/^[^?]*\??/, ''), seen);
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    seen.push({ where: 'cookie', name: '', value: pair.slice(pair.indexOf('=') + 1).trim() });
  }
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\//i.test(type)) await multipart(request, seen);
  else {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    if (/json/i.test(type)) {
      JSON.parse(text, (name, value) => {
        seen.push({ where: 'json name', name: '', value: name });
        if (typeof value === 'string') seen.push({ where: 'json', name, value });
        return value;
      });
    } else if (/urlencoded/i.test(type)) pairs('form', text, seen);
  }
  return seen;
}

function pairs(where: string, text: string, seen: Seen[]): void {
  for (const [name, values] of Object.entries(parse(text, '&', '=', { maxKeys: 0 }))) {
    seen.push({ where: `${where} name`, name: '', value: name });
    for (const value of [values].flat()) seen.push({ where, name, value: value ?? '' });
  }
}

function multipart(request: IncomingMessage, seen: Seen[]): Promise<void> {
  return new Promise((resolve) => {
    const parser = busboy({ headers: request.headers });
    parser.on('field', (name, value) => {
      seen.push({ where: 'multipart', name, value }, { where: 'multipart name', name: '', value: name });
    });
    parser.on('file', (name, stream, { filename }) => {
      const file = { where: 'file', name, value: '' };
      seen.push({ where: 'filename', name, value: filename ?? '' }, file);
      stream.on('data', (chunk: Buffer) => {
        file.value += chunk.toString('utf8');
      });
      stream.on('error', () => {});
    });
    parser.on('close', resolve).on('error', () => resolve());
    request.pipe(parser);
  });
}

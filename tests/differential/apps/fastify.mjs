/** Fastify with its form, multipart and cookie plugins; answers with what it saw. `node fastify.mjs PORT MODULES`. */
import { createRequire } from 'node:module';
import { flatten } from './flatten.mjs';

const [port, modules] = process.argv.slice(2);
const load = createRequire(`${modules}/package.json`);
const app = load('fastify')({ bodyLimit: 2_000_000, exposeHeadRoutes: false });
await app.register(load('@fastify/formbody'));
await app.register(load('@fastify/cookie'));
await app.register(load('@fastify/multipart'));

const handler = async (request) => {
  /** @type {import('./flatten.mjs').Seen[]} */
  const seen = [];
  flatten('query', request.query, seen);
  flatten('cookie', request.cookies, seen);
  seen.push({ where: 'path', name: '', value: request.params['*'] ?? '' });
  if (request.isMultipart()) {
    try {
      for await (const part of request.parts()) {
        seen.push({ where: 'multipart name', name: '', value: part.fieldname ?? '' });
        if (part.type !== 'file') seen.push({ where: 'multipart', name: part.fieldname, value: String(part.value) });
        else {
          const content = await part.toBuffer();
          seen.push({ where: 'filename', name: part.fieldname, value: part.filename ?? '' });
          seen.push({ where: 'file', name: part.fieldname, value: content.toString('utf8') });
        }
      }
    } catch {
      // What was read before the error, an application has acted on.
    }
  } else flatten('body', request.body, seen);
  return seen;
};
app.route({ method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], url: '/*', handler });
await app.listen({ port: Number(port), host: '127.0.0.1' });

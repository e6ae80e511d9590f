/** Express with its own parsers, cookie-parser and busboy; answers with what it saw. `node express.mjs PORT MODULES`. */
import { createRequire } from 'node:module';
import { flatten } from './flatten.mjs';

const [port, modules] = process.argv.slice(2);
const load = createRequire(`${modules}/package.json`);
const express = load('express');
const busboy = load('busboy');
const cookieParser = load('cookie-parser');

const app = express();
app.set('query parser', 'extended');
app.disable('x-powered-by');
app.use(cookieParser());
app.use(express.urlencoded({ extended: true, limit: '2mb' }));
app.use(express.json({ strict: false, limit: '2mb', type: ['json', '+json'] }));
app.use(express.text({ type: ['text/plain', 'text/csv', 'text/html'], limit: '2mb' }));
app.use(multipart);

app.use((request, response) => {
  /** @type {import('./flatten.mjs').Seen[]} */
  const seen = request.multipart ?? [];
  flatten('query', request.query, seen);
  flatten('body', request.body, seen);
  flatten('cookie', request.cookies, seen);
  seen.push({ where: 'path', name: '', value: decoded(request.path) });
  response.json(seen);
});
app.use((error, _request, response, _next) => {
  response.status(400).json({ error: String(error.message) });
});

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function multipart(request, _response, next) {
  if (!/^multipart\//i.test(request.headers['content-type'] ?? '')) return next();
  const seen = [];
  let parser;
  try {
    parser = busboy({ headers: request.headers });
  } catch (error) {
    return next(error);
  }
  const done = once((error) => {
    request.unpipe(parser);
    for (const one of seen) if (one.where === 'file') one.value = Buffer.from(one.value, 'latin1').toString('utf8');
    request.multipart = seen;
    next(seen.length > 0 ? undefined : error);
  });
  parser.on('field', (name, value) => {
    seen.push({ where: 'multipart', name, value }, { where: 'multipart name', name: '', value: name });
  });
  parser.on('file', (name, stream, { filename = '' }) => {
    seen.push({ where: 'filename', name, value: filename }, { where: 'multipart name', name: '', value: name ?? '' });
    const file = { where: 'file', name: name ?? '', value: '' };
    seen.push(file);
    stream.on('data', (chunk) => {
      file.value += chunk.toString('latin1');
    });
    stream.on('error', () => {});
  });
  parser.on('close', () => done()).on('error', done);
  request.pipe(parser);
}

function once(call) {
  let called = false;
  return (...args) => {
    if (!called) {
      called = true;
      setImmediate(() => call(...args));
    }
  };
}

app.listen(Number(port), '127.0.0.1');

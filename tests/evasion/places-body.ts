import { isUtf8 } from 'node:buffer';
import { type BodyKind, type Draft, post } from './draft.js';
import { type Content, inCrowd, utf8, type Value } from './evasion.js';
import type { Place } from './places.js';
import { grpcFrame, jsonString, xmlText } from './write.js';

const JSON_TYPE = 'application/json';
const XML_TYPE = 'application/xml; charset=utf-8';

const first = ({ values }: Content): Value => values[0]!;

const json =
  (path: string, members: (content: Content) => string) =>
  (content: Content): Draft => {
    const crowd = content.crowd.map(([key, value]) => `"${key}":${jsonString({ bytes: value })}`);
    return post('JSON', path, JSON_TYPE, `{${inCrowd(crowd, [members(content)]).join(',')}}`);
  };
const members = (name: string, { values }: Content): string =>
  values.map((value) => `"${name}":${jsonString(value)}`).join(',');

const order = (inner: string): Draft =>
  post('XML', '/echo/orders', XML_TYPE, `<?xml version="1.0" encoding="UTF-8"?>\n<order id="1201">${inner}</order>`);
const xml =
  (write: (text: string, bytes: string) => string | undefined) =>
  (content: Content): Draft | undefined => {
    const value = first(content);
    const text = xmlText(value);
    const inner = text === undefined ? undefined : write(text, value.bytes);
    return inner === undefined ? undefined : order(inner);
  };
/** `undefined` where the bytes are no UTF-8: a reference names a character. */
const references = (bytes: string): string | undefined => {
  const buffer = Buffer.from(bytes, 'latin1');
  if (!isUtf8(buffer)) return undefined;
  return Array.from(buffer.toString('utf8'), (point) => `&#x${point.codePointAt(0)!.toString(16)};`).join('');
};

/** Pieces of seven characters, not bytes: a character beyond ASCII stays whole. */
const inPieces = (bytes: string): string[] =>
  (
    Buffer.from(bytes, 'latin1')
      .toString('utf8')
      .match(/[\s\S]{1,7}/gu) ?? []
  ).map(utf8);

const graphql = (query: string, variables = '{"first":5}'): Draft =>
  post('GraphQL', '/graphql', JSON_TYPE, `{"query":${jsonString({ bytes: query })},"variables":${variables}}`);

/** Protocol buffers: field 1 is the text, field 2 a number. */
function message({ bytes }: Value): string {
  const length: number[] = [];
  for (let left = bytes.length; ; left >>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return `\x0a${String.fromCharCode(...length)}${bytes}\x10\x05`;
}
const SEARCH = '/shop.v1.Catalog/Search';
const text =
  (kind: BodyKind, path: string, type: string, write: (bytes: string) => string) =>
  (content: Content): Draft =>
    post(kind, path, type, write(first(content).bytes));

/** Places in bodies that are no forms. */
export const BODY_PLACES: readonly Place[] = [
  {
    name: 'JSON value',
    group: 'JSON',
    roomy: true,
    benign: 'note',
    repeats: 'kept',
    crowds: true,
    build: json('/api/cart', (content) => `"sku":"FUR-0001-WAL","quantity":1,${members('note', content)}`),
  },
  {
    name: 'JSON, nested',
    group: 'JSON',
    benign: 'street',
    repeats: 'kept',
    crowds: true,
    build: json(
      '/api/checkout',
      (content) => `"shipping":{${members('street', content)},"city":"Dublin 2"},"gifts":[]`,
    ),
  },
  {
    name: 'JSON list',
    group: 'JSON',
    benign: 'search',
    build: json(
      '/api/telemetry',
      (content) => `"events":[{"type":"search","terms":["oak chair",${content.values.map(jsonString).join(',')}]}]`,
    ),
  },
  {
    name: 'JSON in a JSON string',
    group: 'JSON',
    benign: 'note',
    build: json('/api/cart', (content) => {
      const inner = `{"engraving":${jsonString(first(content))},"color":"oak"}`;
      return `"sku":"FUR-0001-WAL","quantity":1,"options":${jsonString({ bytes: inner })}`;
    }),
  },
  {
    name: 'JSON key',
    group: 'names',
    benign: 'plain',
    short: true,
    build: json('/api/cart', (content) => `"sku":"FUR-0001-WAL",${jsonString(first(content))}:"oak"`),
  },
  {
    name: 'XML element',
    group: 'XML',
    benign: 'note',
    build: xml((escaped) => `<note>${escaped}</note><sku>FUR-0001</sku>`),
  },
  {
    name: 'XML attribute',
    group: 'XML',
    benign: 'title',
    build: xml((escaped) => `<gift label="${escaped}" wrap="1"/>`),
  },
  {
    name: 'CDATA',
    group: 'XML',
    benign: 'comment',
    build: xml((_, bytes) => `<note><![CDATA[${bytes.replaceAll(']]>', ']]]]><![CDATA[>')}]]></note>`),
  },
  {
    name: 'CDATA in pieces',
    group: 'XML',
    benign: 'comment',
    build: xml(
      (_, bytes) =>
        `<note>${inPieces(bytes.replaceAll(']]>', ']] >'))
          .map((piece) => `<![CDATA[${piece}]]>`)
          .join('')}</note>`,
    ),
  },
  {
    name: 'XML references',
    group: 'XML',
    benign: 'note',
    build: xml((_, bytes) => {
      const written = references(bytes);
      return written === undefined ? undefined : `<note>${written}</note>`;
    }),
  },
  {
    name: 'XML comment',
    group: 'XML',
    benign: 'note',
    // Two hyphens have no place in a comment (XML 1.0 section 2.5): what holds them cannot be sent there.
    build: xml((_, bytes) => (bytes.includes('--') ? undefined : `<!-- ${bytes} --><sku>FUR-0001</sku>`)),
  },
  {
    name: 'GraphQL argument',
    group: 'GraphQL',
    benign: 'search',
    build: (content) =>
      graphql(`query Search {\n  search(term: ${jsonString(first(content))}, first: 5) {\n    name\n    price\n  }\n}`),
  },
  {
    name: 'GraphQL variable',
    group: 'GraphQL',
    benign: 'search',
    build: (content) =>
      graphql(
        'query Search($term: String!, $first: Int) {\n  search(term: $term, first: $first) {\n    name\n    price\n  }\n}',
        `{"first":5,"term":${jsonString(first(content))}}`,
      ),
  },
  {
    name: 'gRPC message',
    group: 'gRPC',
    benign: 'search',
    build: (content) => post('gRPC', SEARCH, 'application/grpc', grpcFrame(message(first(content)))),
  },
  {
    name: 'gRPC-Web text',
    group: 'gRPC',
    benign: 'search',
    build: (content) =>
      post(
        'gRPC',
        SEARCH,
        'application/grpc-web-text',
        Buffer.from(grpcFrame(message(first(content))), 'latin1').toString('base64'),
      ),
  },
  {
    name: 'text body',
    group: 'text',
    benign: 'comment',
    build: text('text', '/echo/notes', 'text/plain; charset=utf-8', (bytes) => bytes),
  },
  {
    name: 'base64 body',
    group: 'text',
    benign: 'comment',
    build: text('text', '/echo/notes', 'text/plain', (bytes) => Buffer.from(bytes, 'latin1').toString('base64')),
  },
  {
    name: 'beacon',
    group: 'text',
    benign: 'note',
    build: (content) =>
      post(
        'text',
        '/api/telemetry',
        'text/plain;charset=UTF-8',
        `{"page":"/cart","events":[{"type":"error","message":${jsonString(first(content))}}]}`,
      ),
  },
];

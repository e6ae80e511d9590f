import { gzipSync } from 'node:zlib';
import { bytesOf, type Carrier, typeOf, withBody } from './carrier.js';
import { type Draft, withHeader, withType } from './draft.js';
import { grpcFrame } from './write.js';

/** Every character of every string of a JSON text as `\uXXXX`. */
const escapedJson = (text: string): string =>
  Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(/"(?:[^"\\]|\\.)*"/g, (literal) => {
      const units = (JSON.parse(literal) as string).replace(
        /[\s\S]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      return `"${units}"`;
    });
const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** For JSON, GraphQL, XML and gRPC alone. */
export const FORMAT_CARRIERS: readonly Carrier[] = [
  {
    name: 'all as \\uXXXX',
    family: 'JSON variants',
    undoneBy: 'JSON',
    kinds: ['JSON', 'GraphQL'],
    apply: (draft) => withBody(draft, escapedJson),
  },
  {
    name: 'JSON with comments',
    family: 'JSON variants',
    undoneBy: 'lenient JSON readers',
    kinds: ['JSON'],
    apply: (draft) => withBody(draft, (text) => text.replace('{', '{ // the order\n /* of today */ ')),
  },
  {
    name: 'JSON twice (NDJSON)',
    family: 'JSON variants',
    undoneBy: 'readers of lines',
    kinds: ['JSON'],
    apply: (draft) => withBody(draft, (text) => `{"id":1}\n${text}\n`),
  },
  {
    name: 'JSON and more',
    family: 'JSON variants',
    undoneBy: 'lenient JSON readers',
    kinds: ['JSON'],
    apply: (draft) => withBody(draft, (text) => `${text}}}]`),
  },
  {
    name: 'JSON cut off',
    family: 'JSON variants',
    undoneBy: 'streaming readers',
    kinds: ['JSON'],
    apply: (draft) => withBody(draft, (text) => text.replace(/[\]}]+$/, '')),
  },
  {
    name: 'JSON in single quotes',
    family: 'JSON variants',
    undoneBy: 'Gson, json5, fastjson',
    kinds: ['JSON'],
    apply: singleQuoted,
  },
  {
    name: 'vendor JSON type',
    family: 'odd Content-Type',
    undoneBy: 'most frameworks',
    kinds: ['JSON', 'GraphQL'],
    apply: (draft) => withType(draft, 'application/vnd.shop.v2+json; charset=utf-8'),
  },
  {
    name: 'GraphQL batch',
    family: 'batches',
    undoneBy: 'GraphQL servers',
    kinds: ['GraphQL'],
    apply: (draft) => withBody(draft, (text) => `[{"query":"{ shop { name } }"},${text}]`),
  },
  {
    name: 'XML with a document type',
    family: 'SOAP, document type',
    undoneBy: 'XML parsers',
    kinds: ['XML'],
    // A document type of one's own is marked, whatever stands in it.
    benign: false,
    apply: (draft) =>
      withBody(draft, (text) => text.replace('<order', '<!DOCTYPE order [<!ENTITY shop "Oak & Co">]><order')),
  },
  {
    name: 'XML with namespaces, SOAP',
    family: 'SOAP, document type',
    undoneBy: 'SOAP servers',
    kinds: ['XML'],
    apply: (draft) =>
      withBody(withType(draft, 'application/soap+xml; charset=utf-8'), (text) =>
        text
          .replace('<order', '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><order')
          .replace('</order>', '</order></s:Body></s:Envelope>'),
      ),
  },
  {
    name: 'gRPC, compressed frame',
    family: 'compressed',
    undoneBy: 'gRPC servers',
    kinds: ['gRPC'],
    apply: (draft) => {
      if (typeOf(draft).includes('text')) return undefined;
      const message = gzipSync(bytesOf(draft).subarray(5));
      return { ...withHeader(draft, 'grpc-encoding', 'gzip'), body: grpcFrame(message.toString('latin1'), 1) };
    },
  },
  {
    name: 'gRPC, two frames',
    family: 'batches',
    undoneBy: 'gRPC servers',
    kinds: ['gRPC'],
    apply: (draft) =>
      typeOf(draft).includes('text') ? undefined : withBody(draft, (text) => `\0\0\0\0\x05\x0a\x03oak${text}`),
  },
  {
    name: 'gRPC, a group before',
    family: 'odd protobuf',
    undoneBy: 'protobuf parsers, which skip fields that they do not know',
    kinds: ['gRPC'],
    apply: (draft) => withMessage(draft, (message) => `\x7b\x08\x01\x7c${'\x6a\x08oak lamp'.repeat(40)}${message}`),
  },
  {
    name: 'gRPC, overlong tags and lengths',
    family: 'odd protobuf',
    undoneBy: 'Java, protobuf.js',
    kinds: ['gRPC'],
    benign: false,
    apply: (draft) =>
      withMessage(
        draft,
        (message) =>
          `\x6a\x88\x80\x80\x80\x10oak lamp${'\x6a\x08oak lamp'.repeat(40)}\x8a\x80\x80\x80\x10${message.slice(1)}`,
      ),
  },
];

/** A gRPC body with its one message changed. */
function withMessage(draft: Draft, change: (message: string) => string): Draft | undefined {
  return typeOf(draft).includes('text') ? undefined : withBody(draft, (text) => grpcFrame(change(text.slice(5))));
}

/** The strings of a JSON text in single quotes, which need an escape of their own then. */
function singleQuoted(draft: Draft): Draft {
  return withBody(draft, (text) =>
    toBytes(
      Buffer.from(text, 'latin1')
        .toString('utf8')
        .replace(
          /"((?:[^"\\]|\\.)*)"/g,
          (_, inner: string) => `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`,
        ),
    ),
  );
}

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { bytesOf, type Carrier, typeOf, withBody } from './carrier.js';
import { FORMAT_CARRIERS } from './carriers-formats.js';
import { MULTIPART_CARRIERS } from './carriers-multipart.js';
import { BODY_KINDS, type BodyKind, type Draft, withHeader, withType } from './draft.js';
import { FORM_AND_TEXT, inCharset } from './transcode.js';

const TEXTS: readonly BodyKind[] = BODY_KINDS.filter((kind) => kind !== 'gRPC');
const DECOMPRESS = 'servers and frameworks that decompress requests';

const compressed = (draft: Draft, coding: string, ...steps: readonly ((body: Buffer) => Buffer)[]): Draft => ({
  ...withHeader(draft, 'content-encoding', coding),
  body: steps.reduce((body, step) => step(body), bytesOf(draft)).toString('latin1'),
});
const wrongly = (name: string, type: string, kinds: readonly BodyKind[], undoneBy: string): Carrier => ({
  name,
  family: 'no or wrong Content-Type',
  undoneBy,
  kinds,
  apply: (draft) => withType(draft, type),
});
const SNIFFS = 'applications that parse what they expect, whatever is declared';

/** For bodies of several kinds. */
const GENERAL_CARRIERS: readonly Carrier[] = [
  {
    name: 'gzip',
    family: 'compressed',
    undoneBy: DECOMPRESS,
    kinds: TEXTS,
    apply: (draft) => compressed(draft, 'gzip', gzipSync),
  },
  {
    name: 'deflate',
    family: 'compressed',
    undoneBy: DECOMPRESS,
    kinds: TEXTS,
    apply: (draft) => compressed(draft, 'deflate', deflateSync),
  },
  {
    name: 'deflate without header',
    family: 'compressed',
    undoneBy: DECOMPRESS,
    kinds: TEXTS,
    apply: (draft) => compressed(draft, 'deflate', deflateRawSync),
  },
  {
    name: 'brotli',
    family: 'compressed',
    undoneBy: DECOMPRESS,
    kinds: TEXTS,
    apply: (draft) => compressed(draft, 'br', brotliCompressSync),
  },
  {
    name: 'gzip of gzip',
    family: 'compressed',
    undoneBy: DECOMPRESS,
    kinds: TEXTS,
    apply: (draft) => compressed(draft, 'gzip, gzip', gzipSync, gzipSync),
  },
  {
    name: 'chunked',
    family: 'chunked',
    undoneBy: 'every server',
    kinds: BODY_KINDS,
    apply: (draft) => withHeader(draft, 'transfer-encoding', 'chunked'),
  },
  {
    name: 'chunked and Content-Length',
    family: 'chunked',
    undoneBy: 'servers that go by either',
    kinds: TEXTS,
    apply: (draft) => withHeader(withHeader(draft, 'transfer-encoding', 'chunked'), 'content-length', '4'),
  },
  ...(['utf-16le', 'utf-16be', 'utf-32', 'ibm037', 'ibm500', 'utf-7'] as const).map(
    (charset): Carrier => ({
      name: `charset=${charset}`,
      family: 'other charset',
      undoneBy: charset.startsWith('ibm')
        ? '.NET, Java, Django, XML parsers'
        : 'servers that honor charset, or detect it',
      kinds: FORM_AND_TEXT,
      apply: (draft) => inCharset(draft, charset),
    }),
  ),
  {
    name: 'UTF-16 with a mark, undeclared',
    family: 'other charset',
    undoneBy: 'XML parsers, Jackson, .NET readers',
    kinds: ['JSON', 'XML', 'GraphQL', 'text'],
    apply: (draft) =>
      withBody(
        withType(draft, typeOf(draft).replace(/;.*/, '')),
        (text) => `\xff\xfe${Buffer.from(Buffer.from(text, 'latin1').toString('utf8'), 'utf16le').toString('latin1')}`,
      ),
  },
  {
    name: 'UTF-8 with a mark',
    family: 'other charset',
    undoneBy: 'most readers',
    kinds: ['JSON', 'XML', 'GraphQL', 'text', 'form'],
    apply: (draft) => withBody(draft, (text) => `\xef\xbb\xbf${text}`),
  },
  {
    name: 'no Content-Type',
    family: 'no or wrong Content-Type',
    undoneBy: SNIFFS,
    kinds: TEXTS,
    apply: (draft) => withType(draft),
  },
  wrongly('text/plain declared', 'text/plain', ['form', 'multipart', 'JSON', 'XML', 'GraphQL'], SNIFFS),
  wrongly('application/octet-stream declared', 'application/octet-stream', TEXTS, SNIFFS),
  wrongly('form declared', 'application/x-www-form-urlencoded', ['multipart', 'JSON', 'XML', 'GraphQL'], SNIFFS),
  wrongly('JSON declared', 'application/json', ['form', 'multipart', 'XML'], SNIFFS),
  wrongly('XML declared', 'text/xml', ['form', 'JSON', 'multipart', 'GraphQL'], SNIFFS),
  wrongly('image/png declared', 'image/png', TEXTS, SNIFFS),
  {
    name: 'type in capitals',
    family: 'odd Content-Type',
    undoneBy: 'every server',
    kinds: TEXTS,
    apply: (draft) =>
      withType(
        draft,
        typeOf(draft).replace(/^[^;]+/, (type) => type.toUpperCase()),
      ),
  },
  {
    name: 'type padded',
    family: 'odd Content-Type',
    undoneBy: 'every server',
    kinds: TEXTS,
    apply: (draft) => withType(draft, typeOf(draft).replace(/^[^;]+/, '$& ;  version=1')),
  },
  {
    name: 'two Content-Types, the right one last',
    family: 'two Content-Types',
    undoneBy: 'servers that take the last one',
    kinds: ['form', 'multipart', 'JSON', 'XML'],
    apply: (draft) => withType(draft, 'text/plain', typeOf(draft)),
  },
  {
    name: 'two Content-Types, the right one first',
    family: 'two Content-Types',
    undoneBy: 'servers that take the first one',
    kinds: ['form', 'multipart', 'JSON', 'XML'],
    apply: (draft) =>
      withType(draft, typeOf(draft), draft.kind === 'JSON' ? 'application/x-www-form-urlencoded' : 'application/json'),
  },
];

/** The order is that of the table. */
export const CARRIERS: readonly Carrier[] = [...GENERAL_CARRIERS, ...MULTIPART_CARRIERS, ...FORMAT_CARRIERS];

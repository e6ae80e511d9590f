import { type Carrier, withBody } from './carrier.js';
import { BOUNDARY, type Draft, joinParts, type Part, withType } from './draft.js';

const parts = (draft: Draft, boundary: string, change: (part: Part) => Part = (part) => part): string =>
  joinParts(draft.parts!.map(change), boundary);
/** Only plain fields: a file's content is bytes already. */
const transferred = (draft: Draft, encoding: string, encode: (content: Buffer) => string): Draft => ({
  ...draft,
  body: parts(draft, BOUNDARY, ({ head, content }) => ({
    head: `${head}\r\nContent-Transfer-Encoding: ${encoding}`,
    content: encode(Buffer.from(content, 'latin1')),
  })),
});
const quotedPrintable = (content: Buffer): string =>
  Array.from(content, (byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
    .replace(/(.{72})(?=.)/g, '$1=\r\n');

/** For multipart bodies alone. */
export const MULTIPART_CARRIERS: readonly Carrier[] = [
  {
    name: 'bare line feeds',
    family: 'line ends, preamble, no end',
    undoneBy: 'lenient multipart readers',
    kinds: ['multipart'],
    apply: (draft) => ({ ...draft, body: joinParts(draft.parts!, BOUNDARY, '\n') }),
  },
  {
    name: 'boundary quoted',
    family: 'odd boundaries',
    undoneBy: 'every server',
    kinds: ['multipart'],
    apply: (draft) => ({
      ...withType(draft, 'multipart/form-data; boundary="=_a b:c"'),
      body: parts(draft, '=_a b:c'),
    }),
  },
  {
    name: 'two boundaries',
    family: 'odd boundaries',
    undoneBy: 'servers that take the other one',
    kinds: ['multipart'],
    apply: (draft) => withType(draft, `multipart/form-data; boundary=other; boundary=${BOUNDARY}`),
  },
  {
    name: 'boundary in a quoted parameter',
    family: 'odd boundaries',
    undoneBy: 'servers that read quotes, or do not',
    kinds: ['multipart'],
    benign: false,
    apply: (draft) => withType(draft, `multipart/form-data; x="; boundary=other"; boundary=${BOUNDARY}`),
  },
  {
    name: 'no last boundary',
    family: 'line ends, preamble, no end',
    undoneBy: 'lenient multipart readers',
    kinds: ['multipart'],
    apply: (draft) => withBody(draft, (text) => text.slice(0, text.lastIndexOf('\r\n--'))),
  },
  {
    name: 'parts in base64',
    family: 'transfer encodings',
    undoneBy: 'mail-minded readers',
    kinds: ['multipart'],
    apply: (draft) => transferred(draft, 'base64', (content) => content.toString('base64')),
  },
  {
    name: 'parts quoted-printable',
    family: 'transfer encodings',
    undoneBy: 'mail-minded readers',
    kinds: ['multipart'],
    apply: (draft) => transferred(draft, 'quoted-printable', quotedPrintable),
  },
  {
    name: 'part headers folded, in capitals',
    family: 'odd part headers, nested parts',
    undoneBy: 'lenient multipart readers',
    kinds: ['multipart'],
    apply: (draft) => ({
      ...draft,
      body: parts(draft, BOUNDARY, ({ head, content }) => ({
        head: head.replace('Content-Disposition: form-data; ', 'CONTENT-DISPOSITION: form-data;\r\n '),
        content,
      })),
    }),
  },
  {
    name: 'parts in multipart/mixed',
    family: 'odd part headers, nested parts',
    undoneBy: 'readers of RFC 7578 section 4.3',
    kinds: ['multipart'],
    apply: (draft) => {
      const inner = parts(draft, 'inner', ({ head, content }) => ({
        head: head.replace('form-data', 'attachment'),
        content,
      }));
      const head = 'Content-Disposition: form-data; name="files"\r\nContent-Type: multipart/mixed; boundary=inner';
      return { ...draft, body: joinParts([{ head, content: inner }], BOUNDARY) };
    },
  },
  {
    name: 'text before and after the parts',
    family: 'line ends, preamble, no end',
    undoneBy: 'every server',
    kinds: ['multipart'],
    apply: (draft) => withBody(draft, (text) => `This is a message in parts.\r\n${text}\r\nThe end.`),
  },
];

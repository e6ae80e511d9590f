import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { utf8 } from './encode.js';
import { name, piece, text, value } from './pieces.js';
import type { Random } from './random.js';

/** A body, a byte string, and the headers that go with it. */
export interface Body {
  readonly bytes: string;
  readonly type: string;
  readonly encoding?: string;
}

/** Makes a body of about `size` bytes. */
type Maker = (random: Random, size: number) => Body;

const form: Maker = (random, size) => {
  const separator = random.chance(0.95) ? '&' : ';';
  const pairs = fill(random, size, (room) => `${name(random)}${random.chance(0.95) ? '=' : ''}${value(random, room)}`);
  return { bytes: pairs.join(separator), type: 'application/x-www-form-urlencoded' };
};

const json: Maker = (random, size) => ({ bytes: jsonText(random, size, 0), type: random.pick(JSON_TYPES) });

const JSON_TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/vnd.api+json',
  'text/json',
  'application/x-ndjson',
];

function jsonText(random: Random, size: number, depth: number): string {
  const kind = random.below(depth > 24 ? 6 : 12);
  if (size < 8 || kind < 4) return jsonString(random, size);
  if (kind === 4)
    return random.pick(['true', 'false', 'null', '0', '-1.5e+10', '1E400', '.5', '0x1f', 'NaN', "'a'", '']);
  if (kind === 5) return '9'.repeat(random.small(Math.min(size, 5000)));
  if (kind === 6) {
    const open = random.pick(['[', '{"a":', '{"a":[', '[{"b":']);
    const levels = random.small(Math.floor(size / open.length));
    return (
      open.repeat(levels) +
      (random.chance(0.5) ? '1' : '') +
      (random.chance(0.5) ? '}'.repeat(levels) : ']'.repeat(levels))
    );
  }
  const array = kind < 9;
  const members = fill(random, size, (room) => {
    const inner = jsonText(random, room, depth + 1);
    return array ? inner : `${jsonString(random, 20)}${random.pick([':', ' : ', ':\n', ''])}${inner}`;
  });
  const comma = random.chance(0.9) ? ',' : random.pick([',,', ' ', ', /* c */', ',\n// c\n']);
  return array ? `[${members.join(comma)}]` : `{${members.join(comma)}${random.chance(0.05) ? ',' : ''}}`;
}

function jsonString(random: Random, size: number): string {
  const raw = value(random, size);
  return random.chance(0.8) ? JSON.stringify(raw) : `"${raw}"`;
}

const multipart: Maker = (random, size) => {
  const boundary = random.chance(0.8) ? 'X' : text(random, 1 + random.small(80)).replace(/[\r\n"]/g, '_');
  const end = random.chance(0.9) ? '\r\n' : '\n';
  const parts = fill(random, size, (room) => {
    const headers = random.times(1 + random.small(3), () => partHeader(random)).join(end);
    const content = random.chance(0.15) ? multipart(random, room >> 1).bytes : value(random, room);
    const mark = random.chance(0.95) ? `--${boundary}` : `--${boundary}${piece(random)}`;
    return `${mark}${end}${headers}${random.chance(0.95) ? end + end : end}${content}${end}`;
  });
  const prologue = random.chance(0.1) ? text(random, 40) + end : '';
  const close = random.chance(0.9) ? `--${boundary}--${end}` : '';
  const epilogue = random.chance(0.1) ? text(random, 40) : '';
  const stated = random.pick([
    boundary,
    `"${boundary}"`,
    `${boundary}; charset=utf-8`,
    `"${boundary}`,
    `${boundary},Y`,
    'Y',
  ]);
  const type = random.pick(['multipart/form-data', 'multipart/mixed', 'multipart/form-data', 'Multipart/Form-Data']);
  const known = random.chance(0.8) ? boundary : stated;
  return { bytes: prologue + parts.join('') + close + epilogue, type: `${type}; boundary=${known}` };
};

function partHeader(random: Random): string {
  const parameter = (): string => {
    const key = random.pick(['name', 'filename', 'filename*', 'name*', 'name*0', 'filename*1*', 'Name']);
    const quoted = random.pick(['"', '"', '"', "'", '']);
    return `${key}=${quoted}${key.endsWith('*') ? "utf-8''" : ''}${name(random)}${quoted}`;
  };
  return random.pick([
    () => `Content-Disposition: form-data; ${random.times(1 + random.small(3), parameter).join('; ')}`,
    () => `content-disposition:form-data;${parameter()}`,
    () =>
      `Content-Type: ${random.pick(['text/plain', 'image/png', 'multipart/mixed; boundary=Y', 'text/html;charset=utf-7'])}`,
    () => `Content-Transfer-Encoding: ${random.pick(['base64', 'quoted-printable', 'binary', '8bit'])}`,
    () => `${name(random)}: ${value(random, 60)}`,
    () => text(random, 30),
  ])();
}

const xml: Maker = (random, size) => {
  const element = (room: number, depth: number): string => {
    const tag = random.chance(0.8) ? random.pick(['a', 'item', 'soap:Body', 'ns:x']) : name(random);
    const attributes = random.times(
      random.small(3),
      () => ` ${name(random)}=${random.pick(['"', "'"])}${value(random, 30)}"`,
    );
    const inner =
      room < 20 || depth > 40 || random.chance(0.4)
        ? random.pick([
            value(random, room),
            `<![CDATA[${value(random, room)}]]>`,
            `<!--${value(random, room)}-->`,
            '&b;',
            '',
          ])
        : fill(random, room, (rest) => element(rest, depth + 1)).join('');
    return random.chance(0.9)
      ? `<${tag}${attributes.join('')}>${inner}</${tag}>`
      : `<${tag}${attributes.join('')}/>${inner}`;
  };
  const head = random.pick([
    '',
    '<?xml version="1.0"?>',
    '<?xml version="1.0" encoding="UTF-16"?>',
    '\xef\xbb\xbf<?xml?>',
  ]);
  const dtd = random.chance(0.2)
    ? `<!DOCTYPE a [<!ENTITY b "${value(random, 40)}"><!ENTITY % c SYSTEM "file:///x">]>`
    : '';
  return {
    bytes: head + dtd + element(size, 0),
    type: random.pick(['application/xml', 'text/xml', 'application/soap+xml', 'image/svg+xml']),
  };
};

const graphql: Maker = (random, size) => {
  const query = `query A($a: String = "${value(random, 20)}") { ${name(random)}(b: "${value(random, size >> 1)}", c: [1, {d: $a}]) { ...F @include(if: true) } }`;
  const one = JSON.stringify({ query, operationName: name(random), variables: { a: value(random, size >> 1) } });
  return random.chance(0.7)
    ? { bytes: random.chance(0.8) ? one : `[${one},${one}]`, type: 'application/json' }
    : { bytes: query, type: 'application/graphql' };
};

const grpc: Maker = (random, size) => {
  const fields = fill(random, size, (room) => {
    const content = value(random, room);
    return `${String.fromCharCode(8 * (1 + random.below(15)) + random.pick([0, 1, 2, 2, 2, 3, 5]))}${varint(content.length)}${content}`;
  }).join('');
  const length = random.chance(0.9) ? fields.length : random.next();
  const frame = Buffer.alloc(5);
  frame[0] = random.pick([0, 0, 1, 0x80]);
  frame.writeUInt32BE(length >>> 0, 1);
  return {
    bytes: frame.toString('latin1') + fields,
    type: random.pick(['application/grpc', 'application/grpc-web+proto', 'application/x-protobuf']),
  };
};

function varint(length: number): string {
  let out = '';
  let rest = length;
  for (; rest > 127; rest >>= 7) out += String.fromCharCode((rest & 127) | 128);
  return out + String.fromCharCode(rest);
}

const plain: Maker = (random, size) => ({
  bytes: value(random, size),
  type: random.pick(['text/plain', 'text/plain; charset=gbk', 'text/csv', 'text/html']),
});
const binary: Maker = (random, size) => {
  const head = random.pick(['\x89PNG\r\n\x1a\n', 'PK\x03\x04', '\xff\xd8\xff', 'GIF89a', '%PDF-1.7', '\x7fELF', '']);
  const content = fill(random, size, (room) =>
    random.chance(0.6) ? random.bytes(random.small(room)) : value(random, room),
  ).join('');
  return {
    bytes: head + content,
    type: random.pick(['application/octet-stream', 'image/png', 'application/pdf', 'application/zip']),
  };
};

const MAKERS: readonly Maker[] = [form, form, json, json, multipart, multipart, xml, graphql, grpc, plain, binary];

const TYPES = [
  ...[
    '',
    'text/plain',
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=X',
    'text/xml',
  ],
  ...['application/json, text/plain', 'application/json; charset=utf-16', 'text/plain; charset=utf-7', 'x'],
  ...[
    'application/x-www-form-urlencoded; charset=ibm037',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    ' /;=", ',
  ],
];

/** A body of any kind, now and then in another charset, compressed, or under a type that is not its own. */
export function body(random: Random, size: number): Body {
  const { bytes, type } = random.pick(MAKERS)(random, size);
  const stated = random.chance(0.15) ? random.pick(TYPES) : random.chance(0.03) ? `${type}${piece(random)}` : type;
  const charset = random.chance(0.04) ? recode(random, bytes) : bytes;
  return random.chance(0.06) ? compress(random, charset, stated) : { bytes: charset, type: stated };
}

function recode(random: Random, bytes: string): string {
  const wide = Buffer.from(bytes, 'utf16le');
  if (random.chance(0.5)) wide.swap16();
  return random.pick(['', '\xff\xfe', '\xfe\xff', '\0\0\xfe\xff', utf8('\ufeff')]) + wide.toString('latin1');
}

const CODECS: readonly (readonly [coding: string, compress: (bytes: Buffer) => Buffer])[] = [
  ['gzip', (bytes) => gzipSync(bytes, { level: 1 })],
  ['deflate', (bytes) => deflateSync(bytes, { level: 1 })],
  ['deflate', (bytes) => deflateRawSync(bytes, { level: 1 })],
  ['br', (bytes) => brotliCompressSync(bytes, { params: { 1: 1 } })],
];

function compress(random: Random, bytes: string, type: string): Body {
  // Now and then a bomb: megabytes of one byte.
  let out: Buffer = random.chance(0.03)
    ? Buffer.alloc(random.small(6_000_000), random.below(256))
    : Buffer.from(bytes, 'latin1');
  const codings: string[] = [];
  for (let layers = 1 + random.small(3); layers > 0; layers--) {
    const [coding, encode] = random.pick(CODECS);
    out = encode(out);
    codings.push(coding);
  }
  const stated = random.chance(0.9)
    ? codings.join(random.pick([', ', ',']))
    : random.pick(['gzip', 'br', 'identity', 'zstd', 'x', 'compress', '']);
  return { bytes: out.toString('latin1'), type, encoding: stated };
}

/** Pieces that `make` fills until about `size` bytes are used up; one at least, a thousand now and then. */
function fill(random: Random, size: number, make: (room: number) => string): string[] {
  const share = random.chance(0.05) ? 1 : Math.max(4, size >> random.below(6));
  const parts: string[] = [];
  for (let used = 0; used < size || parts.length === 0; ) {
    const part = make(Math.min(share, size - used));
    parts.push(part);
    used += part.length + 1;
  }
  return parts;
}

import { type CheckRequestMessage, checkMethod, type HttpRequestMessage } from '../../src/transport/protocol.js';
import { body } from './bodies.js';
import { encodeDeep } from './encode.js';
import { mutate } from './mutate.js';
import { name, piece, text, value } from './pieces.js';
import { Random } from './random.js';

/** One Check in a form that can be made smaller and saved; byte strings. */
export interface FuzzMessage {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** How the proxy encodes it: raw headers and body, the sanitized ones, or both. `wire`: the body is the whole Check. */
  readonly style: 'raw' | 'plain' | 'both' | 'wire';
  /** Bytes of body that the proxy says it saw; undefined: not stated. */
  readonly size?: number;
}

/** Envoy's own limit on target and headers together; it answers 431 to more. */
const MAX_HEADER_BYTES = 60 * 1024;

/** Sizes are drawn so that most messages are small and some fill the proxy's buffer. */
function sizeOf(random: Random): number {
  const draw = random.below(1000);
  if (draw < 800) return random.small(600);
  if (draw < 950) return random.small(8192);
  if (draw < 994) return random.small(65_536);
  return random.below(draw < 999 ? 65_536 : 1_200_000);
}

/** The message of an index. */
export function makeMessage(seed: number, index: number): FuzzMessage {
  const random = new Random(seed, index);
  const message = wellFramed(random);
  if (!random.chance(0.02)) return message;
  const wire = encodeCheck(message).toString('latin1');
  const other = encodeCheck(wellFramed(random)).toString('latin1');
  return { method: '', target: '', headers: [], body: mutate(random, wire, other, 8), style: 'wire' };
}

function wellFramed(random: Random): FuzzMessage {
  const size = sizeOf(random);
  const withBody = random.chance(0.6);
  const { bytes, type, encoding } = withBody ? body(random, size) : { bytes: '', type: '', encoding: undefined };
  const mutated = withBody && random.chance(0.4);
  const headers = headersOf(random, withBody ? 400 : size);
  if (type !== '') headers.push(['content-type', random.chance(0.05) ? mutate(random, type, type, 3) : type]);
  if (type !== '' && random.chance(0.02)) headers.push(['content-type', 'text/plain']);
  if (encoding !== undefined) headers.push(['content-encoding', encoding]);
  const content = mutated ? mutate(random, bytes, body(random, Math.min(size, 2000)).bytes, 6) : bytes;
  if (random.chance(0.5)) headers.push(['content-length', String(random.chance(0.9) ? content.length : random.next())]);
  if (withBody) headers.push(['x-envoy-auth-partial-body', random.chance(0.9) ? 'false' : 'true']);
  const target = targetOf(random, withBody ? 300 : size);
  let room = MAX_HEADER_BYTES - target.length;
  const sent = headers.filter(([key, content]) => {
    room -= key.length + content.length;
    return room > 0;
  });
  return {
    method: random.chance(0.9) ? random.pick(METHODS) : text(random, random.small(40)),
    target: random.chance(0.2) ? mutate(random, target, targetOf(random, 100), 4) : target,
    headers: sent,
    body: content,
    style: random.chance(0.9) ? 'raw' : random.pick(['plain', 'both']),
    size: random.chance(0.7) ? content.length : random.chance(0.5) ? undefined : random.next() - 2 ** 31,
  };
}

const METHODS = ['GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'PATCH', 'PROPFIND', 'get', ''];

function targetOf(random: Random, size: number): string {
  const start = random.pick([
    '/',
    '/',
    '/',
    '//',
    '/a/../',
    '/%2e%2e/',
    'http://h/',
    '*',
    'h:443',
    '',
    '/a;b=c/',
    '\\',
  ]);
  const segments = random
    .times(random.small(random.chance(0.02) ? 800 : 6), () => value(random, 20))
    .join(random.pick(['/', '//', '/./', '\\']));
  if (random.chance(0.3)) return start + segments;
  const separator = random.pick(['&', '&', '&', ';', '&&', '&amp;']);
  const count = random.small(random.chance(0.03) ? 2000 : 8);
  const pairs = random.times(
    count,
    () => `${name(random)}${random.pick(['=', '=', '=', '', '=='])}${value(random, size)}`,
  );
  return `${start}${segments}${random.pick(['?', '?', '??', '%3f', '?#'])}${pairs.join(separator)}`.slice(0, 50_000);
}

function headersOf(random: Random, size: number): [string, string][] {
  const count = random.small(random.chance(0.02) ? 1000 : 12);
  return random.times(count, (): [string, string] => {
    const known = random.chance(0.8);
    const key = known ? random.pick(HEADERS) : name(random);
    return [key, headerValue(random, key, size)];
  });
}

function headerValue(random: Random, key: string, size: number): string {
  if (key === 'cookie') {
    return random
      .times(random.small(30), () => `${name(random)}=${value(random, size)}`)
      .join(random.pick(['; ', ';', ', ']));
  }
  if (key === 'referer') return `${random.pick(['https://h', 'http://h:1', '//h', ''])}${targetOf(random, 60)}`;
  if (key === 'authorization') {
    const credentials = `${value(random, 20)}:${value(random, 20)}`;
    return random.pick([
      `Basic ${btoa(credentials)}`,
      `Bearer ${value(random, 80)}`,
      encodeDeep(random, credentials, 4),
      'Basic',
    ]);
  }
  if (random.chance(0.5)) return random.pick(USUAL) + (random.chance(0.3) ? piece(random) : '');
  return value(random, size);
}

const HEADERS = [
  ...[
    'cookie',
    'cookie',
    'referer',
    'referer',
    'authorization',
    'user-agent',
    'accept',
    'accept-language',
    'host',
    ':path',
  ],
  ...[
    ':authority',
    ':method',
    ':scheme',
    'x-forwarded-for',
    'forwarded',
    'origin',
    'if-none-match',
    'if-modified-since',
  ],
  ...[
    'range',
    'via',
    'te',
    'transfer-encoding',
    'upgrade',
    'expect',
    'sec-ch-ua',
    'x-request-id',
    'x-a',
    'X-B',
    'content-type',
  ],
  ...[
    'content-encoding',
    'cache-control',
    'sec-websocket-key',
    'x-normgate-score',
    'x_normgate_x',
    'proxy-authorization',
  ],
];
const USUAL = [
  ...[
    'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0',
    'text/html,*/*;q=0.8',
    'en-US,en;q=0.5',
  ],
  ...[
    'h.example:8080',
    '127.0.0.1, ::1',
    '"abc"',
    'W/"a", "b"',
    'Wed, 21 Oct 2015 07:28:00 GMT',
    'bytes=0-1,5-',
    'chunked',
    '*',
  ],
  ...[
    '"A";v="1", "B";v="2"',
    'gzip, deflate, br',
    'no-cache',
    '0',
    'null',
    '1.1 a (b)',
    'for="[::1]:80";proto=https',
    '',
    ',',
  ],
];

/** The message as Envoy would send it, a serialized CheckRequest. */
export function encodeCheck({ method, target, headers, body: content, style, size }: FuzzMessage): Buffer {
  const bytes = (part: string): Buffer => Buffer.from(part, 'latin1');
  if (style === 'wire') return bytes(content);
  const http: HttpRequestMessage = { method: bytes(method), path: bytes(target), host: bytes('h') };
  if (style !== 'plain') {
    const all = [[':method', method] as const, [':path', target] as const, ...headers];
    http.header_map = { headers: all.map(([key, raw]) => ({ key: bytes(key), raw_value: bytes(raw) })) };
    http.raw_body = bytes(content);
  }
  if (style !== 'raw') {
    http.headers = headers.map(([key, raw]) => ({ key: bytes(key), value: bytes(raw) }));
    http.body = bytes(content);
  }
  if (size !== undefined) http.size = size;
  const check: CheckRequestMessage = { attributes: { request: { http } } };
  return checkMethod.requestSerialize(check);
}

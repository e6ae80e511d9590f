import type { Draft } from './draft.js';
import { type Content, inCrowd, once, type Value } from './evasion.js';
import type { AttackClass } from './payloads.js';
import { BODY_PLACES } from './places-body.js';
import { FORM_PLACES } from './places-form.js';
import type { ValueKind } from './shop.js';
import { controls, jsonString, percentEncoded } from './write.js';

/** The columns of the table of zones. */
export const GROUPS = [
  'path',
  'query',
  'names',
  'header',
  'cookie',
  'Referer',
  'form',
  'multipart',
  'JSON',
  'XML',
  'GraphQL',
  'gRPC',
  'text',
] as const;
export type Group = (typeof GROUPS)[number];

/** A place of a request to the shop that holds one value. */
export interface Place {
  readonly name: string;
  readonly group: Group;
  /** What customers put there. */
  readonly benign: ValueKind;
  /** Payloads that fit; absent: all. */
  readonly classes?: readonly AttackClass[];
  /** Its decoder undoes percent-encoding, so what an evasion puts on the wire stands there as it is. */
  readonly percent?: boolean;
  /** Takes a name more than once; `joined`: some server joins the values by a comma. */
  readonly repeats?: 'kept' | 'joined';
  /** Takes other parameters beside. */
  readonly crowds?: boolean;
  /** Takes tens of kilobytes. */
  readonly roomy?: boolean;
  /** Too small for hundreds of words. */
  readonly short?: boolean;
  /** @returns `undefined` where the value cannot stand there: a line end in a header. */
  readonly build: (content: Content) => Draft | undefined;
}

const get = (path: string, headers: Draft['headers'] = []): Draft => ({ method: 'GET', path, headers });
const pairs = (name: string, { values, crowd }: Content, separator: string): string =>
  inCrowd(
    crowd.map(([key, value]) => `${key}=${percentEncoded({ bytes: value })}`),
    values.map((value) => `${name}=${percentEncoded(value)}`),
  ).join(separator);
const header =
  (name: string) =>
  (content: Content): Draft | undefined =>
    content.values.some(({ bytes }) => controls(bytes))
      ? undefined
      : get('/products?category=kitchen', [
          ...inCrowd<Draft['headers'][0]>(
            content.crowd.map(([key, value]) => [`x-${key}`, value]),
            content.values.map(({ bytes }) => [name, bytes]),
          ),
        ]);
const query =
  (target: string, name: string) =>
  (content: Content): Draft =>
    get(`${target}${target.includes('?') ? '&' : '?'}${pairs(name, content, '&')}`);
const first = ({ values }: Content): Value => values[0]!;
const token = (text: string): string => Buffer.from(text, 'latin1').toString('base64url');

const HEAD_PLACES: readonly Place[] = [
  {
    name: 'path segment',
    group: 'path',
    benign: 'search',
    percent: true,
    short: true,
    build: (content) => get(`/products/${percentEncoded(first(content))}`),
  },
  {
    name: 'path, slashes as they are',
    group: 'path',
    benign: 'file',
    classes: ['traversal', 'shell', 'jndi', 'template'],
    percent: true,
    short: true,
    build: (content) => get(`/static/${percentEncoded(first(content)).replaceAll('%2F', '/')}`),
  },
  {
    name: 'query q',
    group: 'query',
    benign: 'search',
    percent: true,
    repeats: 'joined',
    crowds: true,
    build: query('/search', 'q'),
  },
  {
    name: 'query next',
    group: 'query',
    benign: 'plain',
    percent: true,
    repeats: 'joined',
    crowds: true,
    build: query('/login', 'next'),
  },
  {
    name: 'query sort',
    group: 'query',
    benign: 'plain',
    percent: true,
    repeats: 'joined',
    crowds: true,
    build: query('/products?category=kitchen&page=2', 'sort'),
  },
  {
    name: 'query filter',
    group: 'query',
    benign: 'filter',
    // SQL is what this parameter of the shop is for.
    classes: ['xss', 'shell', 'traversal', 'template', 'jndi', 'xxe', 'php', 'java'],
    percent: true,
    repeats: 'joined',
    crowds: true,
    build: query('/admin/orders', 'filter'),
  },
  {
    name: 'query name',
    group: 'names',
    benign: 'plain',
    percent: true,
    short: true,
    build: (content) => get(`/products?category=kitchen&${percentEncoded(first(content))}=1`),
  },
  {
    name: 'query without a name',
    group: 'names',
    benign: 'search',
    percent: true,
    build: (content) => get(`/search?${percentEncoded(first(content))}`),
  },
  {
    name: 'cookie name',
    group: 'names',
    benign: 'plain',
    percent: true,
    short: true,
    build: (content) => get('/cart', [['cookie', `theme=dark; ${percentEncoded(first(content))}=1`]]),
  },
  {
    name: 'cookie geo',
    group: 'cookie',
    benign: 'plain',
    percent: true,
    repeats: 'kept',
    crowds: true,
    build: (content) => get('/cart', [['cookie', `theme=dark; ${pairs('geo', content, '; ')}`]]),
  },
  {
    name: 'cookie geo, a header each',
    group: 'cookie',
    benign: 'plain',
    percent: true,
    repeats: 'joined',
    crowds: true,
    build: (content) =>
      get('/cart', [
        ['cookie', 'theme=dark'],
        ...pairs('geo', content, '\n')
          .split('\n')
          .map((cookie) => ['cookie', cookie] as const),
      ]),
  },
  {
    name: 'X-Api-Version',
    group: 'header',
    benign: 'plain',
    repeats: 'joined',
    crowds: true,
    build: header('x-api-version'),
  },
  { name: 'User-Agent', group: 'header', benign: 'plain', build: header('user-agent') },
  {
    name: 'User-Agent comment',
    group: 'header',
    benign: 'plain',
    build: ({ values, ...others }) =>
      header('user-agent')({
        ...others,
        values: values.map(({ bytes }) => ({ bytes: `Mozilla/5.0 (X11; Linux x86_64; ${bytes})` })),
      }),
  },
  {
    name: 'Accept parameter',
    group: 'header',
    benign: 'plain',
    short: true,
    build: (content) => {
      const { bytes } = first(content);
      return bytes.includes('"') ? undefined : header('accept')(once(`text/html;profile="${bytes}", */*;q=0.8`));
    },
  },
  { name: 'X-Forwarded-For', group: 'header', benign: 'plain', repeats: 'joined', build: header('x-forwarded-for') },
  {
    name: 'Basic user',
    group: 'header',
    benign: 'plain',
    short: true,
    build: (content) => {
      const { bytes } = first(content);
      if (bytes.includes(':') || controls(bytes)) return undefined;
      return get('/account', [
        ['authorization', `Basic ${Buffer.from(`${bytes}:winter`, 'latin1').toString('base64')}`],
      ]);
    },
  },
  {
    name: 'Bearer',
    group: 'header',
    benign: 'plain',
    short: true,
    build: (content) => header('authorization')(once(`Bearer ${first(content).bytes}`)),
  },
  {
    name: 'JWT claim',
    group: 'header',
    benign: 'name',
    build: (content) => {
      const claims = `{"sub":"1201","name":${jsonString(first(content))},"exp":1790000000}`;
      return get('/account', [
        ['authorization', `Bearer ${token('{"alg":"HS256","typ":"JWT"}')}.${token(claims)}.q2xNnG0kq8P3Yl0yP1vKXg`],
      ]);
    },
  },
  {
    name: 'Referer query',
    group: 'Referer',
    benign: 'search',
    percent: true,
    crowds: true,
    build: (content) =>
      get('/products?category=kitchen', [['referer', `https://shop.example.org/search?${pairs('q', content, '&')}`]]),
  },
  {
    name: 'Referer path',
    group: 'Referer',
    benign: 'search',
    percent: true,
    short: true,
    build: (content) =>
      get('/cart', [['referer', `https://shop.example.org/products/${percentEncoded(first(content))}`]]),
  },
];

export const PLACES: readonly Place[] = [...HEAD_PLACES, ...FORM_PLACES, ...BODY_PLACES];

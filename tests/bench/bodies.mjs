/**
 * Bodies as applications send them, by kind and size, drawn by the sample shop's own generator; the same seed gives the
 * same bytes.
 */
import { PRODUCTS } from '../../deploy/demo/shop/catalog.mjs';
import { Random } from '../../deploy/demo/traffic/random.mjs';
import { makeMarkdown } from '../../deploy/demo/traffic/words/code.mjs';
import { makePerson } from '../../deploy/demo/traffic/words/people.mjs';
import { makeProse, makeSentence, makeTitle } from '../../deploy/demo/traffic/words/prose.mjs';
import { makeGraphql, makeSearchTerm } from '../../deploy/demo/traffic/words/shopping.mjs';
import { typicalGet } from './requests.mjs';

const BOUNDARY = '----WebKitFormBoundaryq3RX7Zp1s0vK2mTd';

/** Pieces until there are `bytes` of them; at least one. */
function upTo(bytes, piece, separator = '') {
  const pieces = [];
  for (let size = 0; size < bytes; ) {
    const next = piece(pieces.length);
    pieces.push(next);
    size += Buffer.byteLength(next) + separator.length;
  }
  return pieces.join(separator);
}

const orderOf = (random) => {
  const person = makePerson(random);
  const { sku, name } = random.pick(PRODUCTS);
  const { email, street, city, zip } = person;
  const price = random.int(5, 400) + 0.95;
  return {
    id: random.uuid(),
    sku,
    name,
    quantity: random.int(1, 9),
    price,
    customer: { name: person.name, email, street, city, zip },
    note: makeSentence(random),
  };
};
const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const part = (head, content) =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);

/** A file as cameras make them: a head with text in it, then bytes that are none. */
function photo(random, bytes) {
  const content = Buffer.alloc(Math.max(64, bytes));
  for (let i = 0; i < content.length; i++) content[i] = random.int(0, 255);
  content.write('\xff\xd8\xff\xe1\x00\x5cExif\x00\x00MM\x00*Camera 7, 2025:03:11 10:22:41', 'latin1');
  return content;
}

/** Content-Type and the body's bytes, of about `bytes` bytes. */
const KINDS = {
  urlencoded(random, bytes) {
    const fields = (k) => {
      const { name, email, street, city, zip } = makePerson(random);
      const own = { name, email, street, city, zip, quantity: String(random.int(1, 9)), note: makeProse(random, 3) };
      return Object.fromEntries(Object.entries(own).map(([key, value]) => [`rows[${k}][${key}]`, value]));
    };
    return ['application/x-www-form-urlencoded', upTo(bytes, (k) => `${new URLSearchParams(fields(k))}`, '&')];
  },
  page: (random, bytes) => {
    const fields = {
      title: makeTitle(random),
      status: 'draft',
      content: upTo(bytes * 0.7, () => makeMarkdown(random), '\n\n'),
    };
    return ['application/x-www-form-urlencoded', `${new URLSearchParams(fields)}`];
  },
  multipart(random, bytes) {
    const fields = Buffer.concat([
      part('name="caption"', makeSentence(random)),
      part('name="description"', makeProse(random, 3)),
      part('name="tags[]"', 'living room'),
    ]);
    const file = photo(random, bytes - fields.length - 300);
    const upload = part(
      `name="file"; filename="${makeTitle(random).replaceAll('"', '')}.jpg"\r\nContent-Type: image/jpeg`,
      file,
    );
    return [
      `multipart/form-data; boundary=${BOUNDARY}`,
      Buffer.concat([fields, upload, Buffer.from(`--${BOUNDARY}--\r\n`)]),
    ];
  },
  json(random, bytes) {
    return ['application/json', `{"orders":[${upTo(bytes, () => JSON.stringify(orderOf(random)), ',')}]}`];
  },
  xml(random, bytes) {
    const order = () => {
      const { id, sku, name, quantity, price, customer, note } = orderOf(random);
      return `<order id="${id}"><item sku="${sku}" quantity="${quantity}">${escapeXml(name)}</item><price currency="EUR">${price}</price><customer>${Object.entries(
        customer,
      )
        .map(([key, value]) => `<${key}>${escapeXml(value)}</${key}>`)
        .join('')}</customer><note>${escapeXml(note)}</note></order>`;
    };
    return ['application/xml', `<?xml version="1.0" encoding="UTF-8"?>\n<orders>${upTo(bytes, order, '\n')}</orders>`];
  },
  graphql(random, bytes) {
    const operation = () => JSON.stringify(makeGraphql(random));
    return ['application/json', bytes < 1000 ? operation() : `[${upTo(bytes, operation, ',')}]`];
  },
  text: (random, bytes) => [
    'text/plain; charset=utf-8',
    upTo(bytes, () => (random.chance(0.1) ? makeSearchTerm(random) : makeProse(random, 4)), '\n'),
  ],
  binary: (random, bytes) => ['application/octet-stream', photo(random, bytes)],
};

export const BODY_KINDS = Object.keys(KINDS);

/** A POST of one kind, in the form that `normgate score` reads. */
export function postOf(kind, bytes, seed) {
  const [type, body] = KINDS[kind](new Random(seed), bytes);
  const buffer = Buffer.from(body);
  return {
    method: 'POST',
    path: '/api/import',
    headers: [...typicalGet().headers, ['content-type', type], ['content-length', String(buffer.length)]],
    bodyBase64: buffer.toString('base64'),
  };
}

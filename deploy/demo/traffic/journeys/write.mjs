/** People who write: comments in text and Markdown, contact form, uploads with captions. */
import { deflateSync } from 'node:zlib';
import { GUIDES, PRODUCTS } from '../../shop/catalog.mjs';
import { makeCodeComment, makeMarkdown, makeSnippet } from '../words/code.mjs';
import { makeProse, makeSentence, makeTitle } from '../words/prose.mjs';
import { openProduct } from './browse.mjs';
import { logIn } from './buy.mjs';
import { maybeReport } from './telemetry.mjs';

/** @typedef {import('../visitor.mjs').Visitor} Visitor */
/** @typedef {import('../random.mjs').Random} Random */

/** @param {Visitor} visitor */
export async function writeComments(visitor) {
  const { random, person } = visitor;
  await visitor.open('/', { typed: true });
  if (random.chance(0.4)) await logIn(visitor);
  const count = random.int(1, 4);
  for (let k = 0; k < count; k += 1) {
    const aboutGuide = random.chance(0.5);
    const path = aboutGuide ? `/guides/${random.pick(Object.keys(GUIDES))}` : `/products/${random.pick(PRODUCTS).slug}`;
    await visitor.open(path);
    const markdown = random.chance(0.4);
    const body = markdown
      ? makeMarkdown(random)
      : random.chance(aboutGuide ? 0.5 : 0.1)
        ? makeCodeComment(random)
        : makeProse(random, random.int(1, 6));
    if (markdown || random.chance(0.2)) {
      for (let part = random.int(1, 3); part > 0; part -= 1) {
        await visitor.callApi('POST', '/api/comments/preview', {
          markdown: body.slice(0, Math.ceil(body.length / part)).toWellFormed(),
        });
      }
    }
    const fields = {
      csrf: visitor.csrf(),
      name: person.name,
      title: makeTitle(random),
      rating: String(random.int(1, 5)),
      format: markdown ? 'markdown' : 'text',
      body,
    };
    if (random.chance(0.2))
      await visitor.callApi('POST', `/api${path}/comments`, { ...fields, rating: random.int(1, 5) });
    else await visitor.submitForm(`${path}/comments`, fields);
    await maybeReport(visitor);
  }
}

/** @param {Visitor} visitor */
export async function contact(visitor) {
  const { random, person } = visitor;
  await visitor.open('/contact', { typed: random.chance(0.5) });
  await visitor.submitForm('/contact', {
    csrf: visitor.csrf(),
    name: person.name,
    email: person.email,
    subject: makeTitle(random),
    order: random.chance(0.5) ? `#${random.int(1000, 9999)}` : '',
    message: `${random.pick(['Hi,', 'Dear Sir/Madam,', 'Hello O’Brien team!', 'Guten Tag,', 'Bonjour,'])}\r\n\r\n${makeProse(random, random.int(2, 7))}\r\n\r\n-- \r\n${person.name}\r\n${person.phone}`,
  });
  if (random.chance(0.5)) await visitor.submitForm('/newsletter', { email: person.email, csrf: visitor.csrf() });
}

/** A valid gray PNG of noise, so that uploads hold bytes that no text filter knows. @param {Random} random */
function makePng(random) {
  const side = random.int(4, 24);
  const rows = Buffer.alloc(side * (side + 1));
  for (let n = 0; n < rows.length; n += 1) rows[n] = n % (side + 1) === 0 ? 0 : random.int(0, 255);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** @param {string} type @param {Buffer} data */
function pngChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(~crc >>> 0, body.length + 4);
  return framed;
}

/** @param {Random} random @returns {{filename: string, type: string, value: string | Buffer}} */
function makeFile(random) {
  const stem = random.pick([
    'IMG_2041',
    "Mum's kitchen",
    'Büro (final)',
    'photo 1',
    'DSC00017',
    'スクリーンショット',
    'my_table-v2',
    'wish list',
    'readings 2025-03',
    'invoice #12',
  ]);
  return random.weighted([
    [5, () => ({ filename: `${stem}.png`, type: 'image/png', value: makePng(random) })],
    [2, () => ({ filename: `${stem}.txt`, type: 'text/plain', value: makeProse(random, random.int(2, 9)) })],
    [1, () => ({ filename: `${stem}.md`, type: 'text/markdown', value: makeMarkdown(random) })],
    [
      1,
      () => ({
        filename: `${stem}.csv`,
        type: 'text/csv',
        value: `time,room,value\r\n${Array.from({ length: random.int(2, 12) }, (_, k) => `2025-03-0${1 + (k % 9)}T1${k % 10}:00,"${random.pick(["Mum's", 'kitchen', 'attic (north)'])}",${random.int(10, 30)}.${k % 10}`).join('\r\n')}`,
      }),
    ],
    [
      1,
      () => ({
        filename: `${stem}.json`,
        type: 'application/json',
        value: JSON.stringify(
          { wishes: [makeTitle(random), makeSentence(random)], budget: random.int(10, 500) },
          null,
          2,
        ),
      }),
    ],
    [
      1,
      () => {
        const { language, code } = makeSnippet(random);
        return { filename: `sketch.${language}`, type: 'text/x-script', value: code };
      },
    ],
  ])();
}

/** @param {Visitor} visitor */
export async function upload(visitor) {
  const { random } = visitor;
  await openProduct(visitor, random.pick(PRODUCTS));
  await visitor.open('/upload');
  const count = random.int(1, 3);
  for (let k = 0; k < count; k += 1) {
    await visitor.submitMultipart('/upload', [
      { name: 'csrf', value: visitor.csrf() },
      { name: 'caption', value: random.chance(0.7) ? makeTitle(random) : makeSentence(random) },
      { name: 'tags[]', value: random.pick(['living room', 'diy', 'before/after', "kids' room", '#oak']) },
      { name: 'file', ...makeFile(random) },
    ]);
  }
}

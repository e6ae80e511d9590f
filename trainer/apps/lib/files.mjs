/** Small files to upload: real PNGs, text, CSV, JSON. */
import { crc32, deflateSync } from 'node:zlib';
import { makeCode } from './code.mjs';
import { makeProse, makeSlug } from './words.mjs';

/** @typedef {import('../../../deploy/demo/traffic/random.mjs').Random} Random */

/** @param {Random} random @returns {Buffer} a valid PNG of a few hundred bytes */
export function makePng(random) {
  const [width, height] = [random.int(8, 48), random.int(8, 48)];
  const rows = Buffer.alloc(height * (1 + width * 3));
  const base = random.int(0, 255);
  for (let i = 0; i < rows.length; i++) rows[i] = i % (1 + width * 3) === 0 ? 0 : (base + i * random.int(0, 1)) & 255;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** CRC of ISO 3309. @param {Buffer} data */
function crc(data) {
  if (crc32) return crc32(data);
  let sum = ~0;
  for (const byte of data) {
    sum ^= byte;
    for (let k = 0; k < 8; k++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

/** @param {Random} random @returns {{filename: string, type: string, value: Buffer}} */
export function makeImage(random) {
  const filename = random.pick([
    `${makeSlug(random)}.png`,
    `IMG_${random.int(1000, 9999)}.png`,
    `Screenshot 2026-0${random.int(1, 9)}-1${random.int(0, 9)} at ${random.int(10, 23)}.png`,
    `O'Brien & Sons (${random.int(1, 9)}).png`,
  ]);
  return { filename, type: 'image/png', value: makePng(random) };
}

/** @param {Random} random @returns {{filename: string, type: string, value: Buffer}} */
export function makeTextFile(random) {
  return random.pick([
    {
      filename: `${makeSlug(random)}.txt`,
      type: 'text/plain',
      value: Buffer.from(`${makeProse(random, 2, 5)}\n\n${makeCode(random).code}\n`),
    },
    {
      filename: `${makeSlug(random)}.csv`,
      type: 'text/csv',
      value: Buffer.from(
        `id,name,amount\n${Array.from({ length: 6 }, (_, i) => `${i + 1},"O'Brien, ${makeSlug(random)}",${random.int(1, 999)}.50`).join('\n')}\n`,
      ),
    },
  ]);
}

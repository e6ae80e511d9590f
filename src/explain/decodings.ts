import { bytesToText } from '../canonicalize/decode/charset.js';
import { decodeEscapes } from '../canonicalize/decode/escapes.js';
import { decodeHtmlEntities } from '../canonicalize/decode/html-entities.js';
import { decodePercent } from '../canonicalize/decode/percent.js';
import { normalizeUnicode } from '../canonicalize/decode/unicode.js';
import { type MappedText, replaceMapped } from './mapped-text.js';

/** Rounds of all decoders; what is wrapped deeper is not looked for. */
const ROUNDS = 3;
/** Texts inside Base64 that are looked into, first ones first. */
const MAX_INSIDE = 8;

/**
 * The readings of raw bytes that the canonicalizer goes through, one after the other: as they are, then with each encoding
 * undone in turn. Character by character, with the canonicalizer's own decoders, so that each character keeps its place.
 */
export function* decodings(raw: MappedText, plus: boolean, depth = 0): Generator<MappedText> {
  let text = raw;
  yield text;
  if (plus) {
    const spaced = replaceMapped(text, /\+/g, () => ' ');
    if (spaced !== text) yield spaced;
    text = spaced;
  }
  for (let round = 0; round < ROUNDS; round++) {
    const before = text;
    for (const [pattern, decode] of STEPS) {
      const next = replaceMapped(text, pattern, decode);
      if (next !== text) yield next;
      text = next;
    }
    if (text === before) break;
  }
  if (depth === 0) for (const inside of insideBase64(text)) yield* decodings(inside, false, depth + 1);
}

const STEPS: readonly (readonly [pattern: RegExp, decode: (unit: string) => string])[] = [
  [/(?:%[c-f][0-9a-f](?:%[89ab][0-9a-f])+)|%u[0-9a-f]{4}|%[0-9a-f]{2}/gi, (unit) => decodePercent(unit)],
  [/[\xc0-\xff][\x80-\xbf]{1,3}/g, (unit) => bytesToText(unit)],
  [/&(?:#\w{1,8}|[A-Za-z]{2,31});?/g, decodeHtmlEntities],
  [/\\(?:u+[0-9A-Fa-f]{4}|[ux]\{[0-9A-Fa-f]{1,10}\}|x[0-9A-Fa-f]{2}|[0-9A-Fa-f]{2,6})/g, decodeEscapes],
  [/\\["'\\/bfnrt]/g, (unit) => SHORT.get(unit[1]!) ?? unit[1]!],
  [/[^\x00-\x7f]/gu, (unit) => normalizeUnicode(unit).text],
];

/** RFC 8259 section 7. */
const SHORT = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

function* insideBase64({ text, from, to }: MappedText): Generator<MappedText> {
  let count = 0;
  for (const { 0: token, index } of text.matchAll(BASE64)) {
    if (++count > MAX_INSIDE) return;
    const bytes = Buffer.from(token, 'base64').toString('latin1');
    // Three bytes in four characters: byte i comes from characters i*4/3 and the next.
    const first = Uint32Array.from({ length: bytes.length }, (_, i) => from[index + Math.floor((i * 4) / 3)]!);
    const last = Uint32Array.from({ length: bytes.length }, (_, i) => to[index + Math.floor((i * 4) / 3) + 1]!);
    yield { text: bytes, from: first, to: last };
  }
}

import { isUtf8 } from 'node:buffer';
import type { TextDecoder as Decoder } from 'node:util';

/** Reads bytes in a charset; `undefined` when they are no text in it. */
export type CharsetDecoder = (bytes: Buffer) => string | undefined;

/** Bytes that are UTF-8 to the last (RFC 3629, so none is overlong) and without U+FFFD, as text: most are. */
function utf8Text(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}

/**
 * Turns bytes into text: UTF-8 (RFC 3629), the declared charset, two kinds of other charset that real traffic brings,
 * and U+FFFD for the rest.
 *
 * Overlong forms of `.`, `/` and `\` (`C0 AE`, `E0 80 AF`, …) are undone first, because path decoders in the wild
 * accepted them (CVE-2000-0884). Those of other ASCII characters only where every byte beyond ASCII belongs to one or to
 * proper UTF-8: in EUC-KR and GBK text the same bytes are letters.
 *
 * @param bytes byte string, one byte a UTF-16 unit.
 * @param declared reads what is no UTF-8, by the charset that the request states.
 * @param onSwallowed told when a charset of two bytes a character took an ASCII one for a second byte that another
 *   character follows: who reads the bytes otherwise sees a word there, so that reading ({@link keepAscii}) counts too.
 * @param raw the same bytes, where the caller has them.
 * @returns well-formed text; runs that are text in no charset we know come out as U+FFFD, never as punctuation.
 */
export function bytesToText(bytes: string, declared?: CharsetDecoder, onSwallowed?: () => void, raw?: Buffer): string {
  if (!HIGH.test(bytes)) return bytes;
  const received = raw ?? Buffer.from(bytes, 'latin1');
  const proper = utf8Text(received);
  if (proper !== undefined) return proper;
  const plain = OVERLONG_STARTS.some((start) => bytes.includes(start))
    ? bytes.replace(OVERLONG, undoOverlongPath)
    : bytes;
  if (plain !== bytes && !HIGH.test(plain)) return plain;
  const buffer = plain === bytes ? received : Buffer.from(plain, 'latin1');
  const text = buffer.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  const read = declared?.(buffer) ?? withoutOverlong(plain) ?? withBlanks(plain) ?? asGb18030(buffer) ?? text;
  if (onSwallowed !== undefined && SWALLOWED.test(plain) && countAscii(read) < countAscii(plain)) onSwallowed();
  return read;
}

function countAscii(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 128) count++;
  return count;
}

/** The reading of bytes in which every ASCII byte is a character: UTF-8 where it is, U+FFFD for the rest. */
export const keepAscii: CharsetDecoder = (bytes) => bytes.toString('utf8');

/** What may be a pair to a decoder, with visible ASCII behind it. */
const SWALLOWED = /[\x81-\xfe][@-~][!-~]/;

/** `undefined` when that leaves something undecodable. */
function withoutOverlong(bytes: string): string | undefined {
  const short = bytes.replace(OVERLONG, undoOverlong);
  if (short === bytes) return undefined;
  const text = Buffer.from(short, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}

/** Latin-1's no-break spaces alone among ASCII, which some databases take for blanks; `undefined` when more is odd. */
export function withBlanks(bytes: string): string | undefined {
  const spaced = bytes.replace(LONE_NBSP, ' ');
  if (spaced === bytes) return undefined;
  const text = Buffer.from(spaced, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}

const LONE_NBSP = /(?<![\x80-\xff])\xa0(?![\x80-\xff])/g;

const HIGH = /[\x80-\xff]/;
/** What such a form starts with, and no other text. */
const OVERLONG_STARTS = ['\xc0', '\xc1', '\xe0\x80', '\xe0\x81', '\xf0\x80'];
const OVERLONG = /[\xc0\xc1][\x80-\xbf]|\xe0[\x80\x81][\x80-\xbf]|\xf0\x80[\x80\x81][\x80-\xbf]/g;

function undoOverlong(sequence: string): string {
  const last = sequence.charCodeAt(sequence.length - 1) & 0x3f;
  const lead = sequence.charCodeAt(sequence.length - 2);
  return String.fromCharCode(((lead & 1) << 6) | last);
}

function undoOverlongPath(sequence: string): string {
  const character = undoOverlong(sequence);
  return character === '.' || character === '/' || character === '\\' ? character : sequence;
}

const PAIR = /[\xb0-\xf7][\xa1-\xfe]/;
const GB18030 = new TextDecoder('gb18030', { fatal: true });

/**
 * Chinese text in GBK or GB18030 that nothing declares; taken only when at least two pairs are common Han characters, and
 * one of them has both bytes beyond ASCII, as nearly all have: in Latin-1 text accents stand alone before letters.
 */
function asGb18030(buffer: Buffer): string | undefined {
  if (!PAIR.test(buffer.toString('latin1'))) return undefined;
  const text = decodeMultibyte(buffer, GB18030);
  return text !== undefined && (text.match(/[\u4e00-\u9fa5]/g)?.length ?? 0) >= 2 ? text : undefined;
}

/**
 * Text in a charset of one or two bytes a character that nothing declares. `undefined` when a byte does not fit, or a
 * second byte is ASCII punctuation: one such as `|` would vanish into a character here while a server reading Latin-1
 * acts on it.
 */
function decodeMultibyte(buffer: Buffer, decoder: Decoder): string | undefined {
  for (let i = 0; i < buffer.length; i++) {
    if (buffer[i]! < 0x80) continue;
    const trail = buffer[++i] ?? 0;
    const letter = (trail >= 0x41 && trail <= 0x5a) || (trail >= 0x61 && trail <= 0x7a);
    if (trail < 0x80 && !letter) return undefined;
  }
  try {
    return decoder.decode(buffer);
  } catch {
    return undefined;
  }
}

import { MIN_RUN, RUN } from './binary.js';

/** Bytes around one value that say nothing: its tag and length, and the tag behind it. */
const FRAME = 3;
/** But not a tag or length that would end a string of some language, had it been written for that. */
const ENDS_STRING = /["'`)]/;
/** What weighs against text, in characters: a control character; a byte of no character, of floats and ids; a value. */
const CONTROL = -1;
const NO_CHARACTER = -2;
const VALUE = -2;
const CONTROLS = /[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Text in a binary message that none of its values holds: printable runs that go beyond one value and its frame, and, in
 * what lies between the values, clusters of text with other bytes among it. In real messages tags, lengths and numbers are
 * printable now and then, but seldom eight in a row.
 *
 * @param held where the values stand, in order: the first byte, the one behind.
 * @param starts where the contents of fields start that are no text, in order.
 * @returns byte strings, in order, with blanks for control characters and without NULs.
 */
export function textsBetween(message: Buffer, held: readonly number[], starts: readonly number[]): string[] {
  const bytes = message.toString('latin1');
  const spans = [...runsBeyond(bytes, held), ...clusters(message, held)].sort((a, b) => a.from - b.from);
  const texts: string[] = [];
  let start = 0;
  for (let i = 0; i < spans.length; ) {
    let { from, to } = spans[i++]!;
    for (; i < spans.length && spans[i]!.from < to; i++) to = Math.max(to, spans[i]!.to);
    // What is text all the same starts behind the frame of it.
    while (starts[start]! < from) start++;
    if (starts[start]! <= from + FRAME) from = starts[start]!;
    texts.push(bytes.slice(from, to).replaceAll('\0', '').replace(CONTROLS, ' '));
  }
  return texts;
}

function runsBeyond(bytes: string, held: readonly number[]): Span[] {
  const spans: Span[] = [];
  let next = 0;
  for (const { 0: run, index: from } of bytes.matchAll(RUN)) {
    const to = from + run.length;
    while (next < held.length && held[next + 1]! <= from) next += 2;
    let outside = run.length;
    let values = 0;
    for (let i = next; i < held.length && held[i]! < to; i += 2) {
      const size = Math.min(to, held[i + 1]!) - Math.max(from, held[i]!);
      outside -= size;
      if (size > 0) values++;
    }
    if (values > 1 || outside > FRAME || ENDS_STRING.test(bytes.slice(from, held[next]))) spans.push({ from, to });
  }
  return spans;
}

/** Where text outweighs what is none by the shortest run, however it is broken up. */
function clusters(message: Buffer, held: readonly number[]): Span[] {
  const spans: Span[] = [];
  let [from, to, weight, most] = [0, 0, 0, 0];
  const close = (at: number): void => {
    if (most >= MIN_RUN) spans.push({ from, to });
    [from, weight, most] = [at, 0, 0];
  };
  let next = 0;
  let at = 0;
  while (at < message.length) {
    if (at === held[next]) {
      weight += VALUE;
      at = held[next + 1]!;
      next += 2;
    } else {
      const size = characterAt(message, at, held[next] ?? message.length);
      weight += size > 0 ? 1 : weightOf(message, at);
      at += Math.max(1, size);
    }
    if (weight <= 0) close(at);
    else if (weight > most) [most, to] = [weight, at];
  }
  close(at);
  return spans;
}

/** Of a byte that starts no visible character. */
function weightOf(bytes: Buffer, at: number): number {
  const byte = bytes[at]!;
  if (isBlank(byte)) return 0;
  // ASCII in UTF-16.
  if (byte === 0 && at > 0 && isVisible(bytes[at - 1]!)) return 0;
  return byte < 0x80 ? CONTROL : NO_CHARACTER;
}

/** True when three of five bytes and more are characters: text with control characters in it, not numbers. */
export function isMostlyText(bytes: Buffer, from: number, to: number): boolean {
  let text = 0;
  for (let at = from; at < to; ) {
    const size = isBlank(bytes[at]!) ? 1 : characterAt(bytes, at, to);
    text += size;
    at += Math.max(1, size);
  }
  return text * 5 >= (to - from) * 3;
}

/** Bytes of the visible character or space of UTF-8 (RFC 3629) that starts there; 0 where none does. */
function characterAt(bytes: Buffer, at: number, end: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return isVisible(lead) ? 1 : 0;
  const size = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + size > end) return 0;
  for (let i = 1; i < size; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  return size;
}

function isVisible(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

/** Tab to carriage return. */
function isBlank(byte: number): boolean {
  return byte >= 0x09 && byte <= 0x0d;
}

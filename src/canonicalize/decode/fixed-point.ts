import { neutralizeMarkers } from '../markers.js';
import { MARKER, traitsOf, UNSETTLED, WIDE } from '../traits.js';
import { bytesToText, type CharsetDecoder } from './charset.js';
import { decodeEscapes } from './escapes.js';
import { decodeHtmlEntities } from './html-entities.js';
import { decodePercent } from './percent.js';
import { type Normalized, normalizeUnicode } from './unicode.js';
import { decodeUtf7 } from './utf7.js';

/** A value after decoding to its fixed point. */
export interface Decoded {
  /** Well-formed text that no decoder changes any more, or what was reached when the steps ran out. No marker in it. */
  readonly text: string;
  /** Rounds that changed the value; the encoding that the transport itself requires counts as one. */
  readonly depth: number;
  /** False when `maxSteps` rounds did not reach the fixed point. */
  readonly settled: boolean;
  /** Traits of the text. */
  readonly traits: number;
  /** The value before any round: what the transport itself encodes is undone, the charset settled. Markers may be in it. */
  readonly start: string;
}

export interface DecodeOptions {
  /** Rounds at most; each undoes every encoding once. */
  readonly maxSteps: number;
  /** Told the name of each encoding that was undone. */
  readonly onEncoding?: (name: string) => void;
  /** Reads bytes that are no UTF-8, by the charset that the request declares. */
  readonly charset?: CharsetDecoder;
  /** Told when another reading of the bytes has ASCII characters where this one has the second half of others. */
  readonly onSwallowed?: () => void;
}

/**
 * Decodes bytes until nothing changes: percent, charset, UTF-7, HTML references, escapes, Unicode compatibility forms.
 * Pure, never throws; each round is linear in the value.
 *
 * @param bytes the value as a byte string, one byte a UTF-16 unit.
 * @param plus read `+` as a blank, once: true in queries and urlencoded forms only (WHATWG URL section 5.1).
 */
export function decodeBytes(bytes: string, plus: boolean, options: DecodeOptions): Decoded {
  const traits = traitsOf(bytes);
  if ((traits & UNSETTLED) === 0) return { text: bytes, depth: 0, settled: true, traits, start: bytes };
  const unescaped = decodePercent(bytes, plus);
  const isEscaped = unescaped.length !== bytes.length;
  if (isEscaped) options.onEncoding?.('percent');
  const depth = isEscaped ? 1 : 0;
  const traitsThen = unescaped === bytes ? traits : traitsOf(unescaped);
  if ((traitsThen & UNSETTLED) === 0) {
    return { text: unescaped, depth, settled: true, traits: traitsThen, start: unescaped };
  }
  if ((traitsThen & WIDE) === 0) return settle({ text: unescaped, isStable: true }, depth, options);
  return settle(normalizeUnicode(bytesToText(unescaped, options.charset, options.onSwallowed)), depth, options);
}

/** The same for text whose charset is settled already, such as a JSON string. */
export function decodeText(text: string, options: DecodeOptions): Decoded {
  const traits = traitsOf(text);
  if ((traits & UNSETTLED) === 0) return { text, depth: 0, settled: true, traits, start: text };
  return settle((traits & WIDE) === 0 ? { text, isStable: true } : normalizeUnicode(text), 0, options);
}

function settle(start: Normalized, startDepth: number, options: DecodeOptions): Decoded {
  let now = start;
  for (let depth = startDepth; depth < options.maxSteps; depth++) {
    const next = decodeOnce(now, options);
    if (next.text === now.text) return settled(now.text, start.text, depth, true);
    now = next;
  }
  return settled(now.text, start.text, options.maxSteps, false);
}

function settled(text: string, start: string, depth: number, isSettled: boolean): Decoded {
  const traits = traitsOf(text);
  if ((traits & MARKER) === 0) return { text, depth, settled: isSettled, traits, start };
  const clean = neutralizeMarkers(text);
  return { text: clean, depth, settled: isSettled, traits: traitsOf(clean), start };
}

/** The same as {@link UNSETTLED}, found at its first character. */
const ENCODED = /[%&+\\\x80-\uffff]/;

function decodeOnce(before: Normalized, { onEncoding }: DecodeOptions): Normalized {
  if (!ENCODED.test(before.text)) return before;
  let text = before.text;
  for (const [name, decode] of DECODERS) {
    const next = decode(text);
    if (next !== text) onEncoding?.(name);
    text = next;
  }
  if (text === before.text && before.isStable) return before;
  const normalized = normalizeUnicode(text);
  if (normalized.text !== text) onEncoding?.('unicode');
  return normalized;
}

const DECODERS: readonly (readonly [name: string, decode: (text: string) => string])[] = [
  ['percent', decodePercentText],
  ['utf-7', decodeUtf7],
  ['html', decodeHtmlEntities],
  ['escape', decodeEscapes],
];

/** Percent-decoding of text: only runs of escapes become bytes, so the characters around them stay what they are. */
function decodePercentText(text: string): string {
  return text.includes('%') ? text.replace(ESCAPES, (run) => bytesToText(decodePercent(run))) : text;
}

const ESCAPES = /(?:%(?:[0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4}))+/g;

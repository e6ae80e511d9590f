import type { CanonicalRequest } from '../../src/canonicalize/canonical-request.js';
import type { CanonicalizeLimits } from '../../src/canonicalize/limits.js';
import { MARKERS } from '../../src/canonicalize/markers.js';
import type { Encoding } from '../../src/tokenize/encoding.js';
import type { WindowShape } from '../../src/tokenize/windows.js';

/** Kinds of placeholder: the only markers that a name or value may hold. */
const PLACEHOLDERS = new Set<string>([
  ...[MARKERS.UUID, MARKERS.HEX, MARKERS.JWT, MARKERS.OPAQUE, MARKERS.TIME, MARKERS.NUMBER, MARKERS.BYTES],
]);
const NEVER = new Set<string>([MARKERS.PAD, MARKERS.CLS, MARKERS.MASK]);
const RESERVED = /[\ue000-\ue01f]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const ZONES = new Set(['structure', 'path', 'query', 'header', 'cookie', 'body']);

/** What is wrong with a canonical request, a few words of ours; `undefined` when nothing is. */
export function canonicalFault(canonical: CanonicalRequest, limits: CanonicalizeLimits): string | undefined {
  const { fields, bytesInspected, bytesReceived, truncated } = canonical;
  if (!Number.isSafeInteger(bytesInspected) || bytesInspected < 0) return 'bytesInspected is no count';
  if (!Number.isSafeInteger(bytesReceived)) return 'bytesReceived is no count';
  if (bytesInspected > bytesReceived) return 'more bytes inspected than received';
  const secret = canonical.uninspected?.get('secret') ?? 0;
  if (bytesInspected + secret < bytesReceived && !truncated) return 'bytes left out, but not truncated';
  if (bytesInspected < bytesReceived && canonical.limits.length === 0) return 'bytes left out without a limit named';
  // One overflow field a zone, the structure, and what stands for the whole.
  if (fields.length > limits.maxFields + 2 * ZONES.size) return 'more fields than the limit';
  for (const field of fields) {
    const fault = fieldFault(field);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function fieldFault({ zone, name, value, text }: CanonicalRequest['fields'][number]): string | undefined {
  if (!ZONES.has(zone)) return 'a zone that does not exist';
  if (LONE_SURROGATE.test(text)) return 'a lone surrogate';
  const tail = name + MARKERS.VALUE + value;
  if (!text.endsWith(tail)) return 'a text that is not its name and value';
  const markers = text.slice(0, text.length - tail.length);
  if (markers === '' || markers.replace(RESERVED, '') !== '') return 'a text that does not start with markers alone';
  if ([...markers].some((mark) => NEVER.has(mark) || PLACEHOLDERS.has(mark) || mark === MARKERS.VALUE)) {
    return 'a text that starts with a marker of another kind';
  }
  for (const part of [name, value]) {
    for (const [mark] of part.matchAll(RESERVED)) {
      if (!PLACEHOLDERS.has(mark)) return 'a forged marker';
    }
  }
  return undefined;
}

/** What is wrong with model inputs; `undefined` when nothing is. */
export function encodingFault(
  { fields, windows, tokens, droppedUnits }: Encoding,
  { shape, vocabSize, maxWindows }: { shape: WindowShape; vocabSize: number; maxWindows: number },
): string | undefined {
  if (windows.length > maxWindows) return 'more windows than the budget';
  if (droppedUnits < 0) return 'a negative count of dropped units';
  let sum = 0;
  const seen = new Set<number>();
  for (const { ids, field } of windows) {
    sum += ids.length;
    seen.add(field);
    if (ids.length < 2 || ids.length > shape.tokens) return 'a window of the wrong length';
    if (ids[0] !== 1) return 'a window without CLS';
    for (let i = 1; i < ids.length; i++) {
      if (ids[i]! >= vocabSize) return 'a token id beyond the vocabulary';
      if (ids[i]! < 3) return 'a control token inside a window';
    }
  }
  if (sum !== tokens) return 'a wrong count of tokens';
  if (droppedUnits === 0 && seen.size !== fields.length) return 'a field without a window';
  return undefined;
}

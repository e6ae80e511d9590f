import type { CanonicalField } from '../canonicalize/canonical-request.js';
import type { RequestView } from '../request/request-view.js';
import { decodings } from './decodings.js';
import { type Found, findAll, foldMapped } from './find-span.js';
import { type MappedText, mapped } from './mapped-text.js';

/** A stretch of the request as it was received. */
export interface RawSpan {
  /** The request-target, a header's value, or the body as it came. */
  readonly part: 'target' | 'header' | 'body';
  /** Of the header; absent for the other parts. */
  readonly header?: string;
  /** Offsets in bytes into that part. */
  readonly from: number;
  readonly to: number;
  /** Those bytes, one a character: an attacker's, for printing only after escaping. */
  readonly bytes: string;
}

/** Bytes of each part that are looked through; what lies beyond does not map. */
export const MAX_RAW_BYTES = 1 << 20;

/**
 * Finds the bytes that a stretch of a canonical field came from, by undoing the encodings of the part of the request where
 * the field was found, step by step, until the field's text shows. For people who look at a verdict: never called on the
 * way to one.
 *
 * @param span UTF-16 offsets into `field.text`.
 * @returns null where it does not map: compressed bodies, binary formats, charsets other than UTF-8, texts that the
 *   canonicalizer joined or cut, and stretches that stand in several places of the part. Linear in the bytes looked at.
 */
export function rawSpan(
  view: RequestView,
  field: CanonicalField,
  [start, end]: readonly [start: number, end: number],
  maxBytes = MAX_RAW_BYTES,
): RawSpan | null {
  if (field.zone === 'structure' || end <= start) return null;
  const valueAt = field.text.length - field.value.length;
  const inValue = end > valueAt;
  const text = inValue ? field.value : field.name;
  const from = inValue ? Math.max(0, start - valueAt) : 0;
  const to = inValue ? end - valueAt : text.length;
  const needles = needlesOf(text, from, to);
  for (const part of partsOf(view, field)) {
    const haystacks = Array.from(decodings(mapped(part.source, 0, maxBytes), part.plus), foldMapped);
    for (const needle of needles) {
      const found = findIn(haystacks, part.own, field.name, needle);
      if (found === undefined) continue;
      const { part: name, header, source, base } = part;
      const bytes = source.slice(found.from, found.to);
      return {
        part: name,
        ...(header !== undefined && { header }),
        from: base + found.from,
        to: base + found.to,
        bytes,
      };
    }
  }
  return null;
}

interface Part {
  readonly part: RawSpan['part'];
  readonly header?: string;
  readonly source: string;
  /** Where `source` begins in the part. */
  readonly base: number;
  readonly plus: boolean;
  /** Whether everything in it belongs to the field, so that the first place will do. */
  readonly own: boolean;
}

function* partsOf({ target, headers, body }: RequestView, { zone, name }: CanonicalField): Generator<Part> {
  const mark = target.indexOf('?');
  const query = mark === -1 ? target.length : mark + 1;
  if (zone === 'path') yield { part: 'target', source: target.slice(0, query), base: 0, plus: false, own: true };
  if (zone === 'query') yield { part: 'target', source: target.slice(query), base: query, plus: true, own: false };
  if (zone === 'body') yield { part: 'body', source: body.toString('latin1'), base: 0, plus: true, own: false };
  if (zone !== 'header' && zone !== 'cookie') return;
  for (const [header, source] of headers) {
    const folded = header.replace(/[0-9]+/g, '0');
    const own = zone === 'header' && (name === folded || name.startsWith(`${folded}.`));
    if (own || (zone === 'cookie' && header === 'cookie'))
      yield { part: 'header', header, source, base: 0, plus: false, own };
  }
}

interface Needle {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Longest value looked for whole. */
const MAX_NEEDLE = 4096;
const AROUND = 24;

/** The value with the stretch in it, then less and less around it: what is short may stand in several places. */
function needlesOf(text: string, from: number, to: number): Needle[] {
  const needle = (low: number, high: number): Needle => ({
    text: text.slice(low, high),
    from: from - low,
    to: to - low,
  });
  const near = needle(Math.max(0, from - AROUND), Math.min(text.length, to + AROUND));
  return [...(text.length <= MAX_NEEDLE ? [needle(0, text.length)] : []), near, needle(from, to)];
}

/** How far before a value its name is looked for. */
const NAME_REACH = 128;

function findIn(
  haystacks: readonly MappedText[],
  own: boolean,
  name: string,
  { text, from, to }: Needle,
): Found | undefined {
  for (const haystack of haystacks) {
    const places = findAll(haystack, text, from, to);
    if (places.length === 0) continue;
    if (own || places.length === 1) return places[0];
    const named = places.find(({ at }) => isNamed(haystack.text.slice(Math.max(0, at - NAME_REACH), at), name));
    if (named !== undefined) return named;
  }
  return undefined;
}

/** Whether the last assignment before a value, or in it, is to this name: of a form, of JSON, of XML, of a part. */
function isNamed(before: string, name: string): boolean {
  const last = /(?:^|[.[])([^.[\]]+)\]?$/.exec(name)?.[1] ?? name;
  const folded = before.replace(/[0-9]+/g, '0');
  const at = folded.lastIndexOf(last);
  return at !== -1 && ASSIGNED.test(folded.slice(at + last.length));
}

const ASSIGNED = /^["'\]]{0,3} ?(?:[=:>] ?["']?[^&"]*)?$/;

import { NO_HEADERS, type PartHeaders, readPartHeaders } from './part-headers.js';

/** One part of a multipart body (RFC 2046 section 5.1), bytes as a byte string. */
export interface Part extends PartHeaders {
  readonly content: string;
}

/**
 * Splits a multipart body by its boundary. Lenient where servers are: bare LF, a missing last boundary, text before the
 * first one; what stands outside parts comes back as a nameless part, so that it is scored too.
 *
 * Most servers want a delimiter to be a line of its own, some take any line that starts like one (PHP), some find it in
 * the middle of a line (Django). Where that makes a difference the parts of all three readings come back, each once; at
 * most three times the body's length altogether.
 *
 * @param body byte string.
 * @param boundary as the Content-Type gives it, quotes removed.
 * @returns parts in order; empty when the boundary does not occur.
 */
export function splitMultipart(body: string, boundary: string): Part[] {
  const delimiter = `--${boundary}`;
  const all: number[] = [];
  const starts: number[] = [];
  const lines: number[] = [];
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    all.push(at);
    if (at > 0 && !isLineEnd(body.charCodeAt(at - 1))) continue;
    starts.push(at);
    DELIMITER_END.lastIndex = at + delimiter.length;
    if (DELIMITER_END.test(body)) lines.push(at);
  }
  if (all.length === 0) return [];
  if (lines.length === all.length) return partsBetween(body, delimiter.length, all);
  const read = new Set<string>();
  const parts: Part[] = [];
  for (const cuts of [lines, starts, all]) {
    if (cuts.length > 0) parts.push(...partsBetween(body, delimiter.length, cuts, read));
  }
  return parts;
}

/** What may follow a delimiter on its line: the mark of the last one, blanks (RFC 2046, "transport-padding"). */
const DELIMITER_END = /--|[ \t]*(?:[\r\n]|$)/y;

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

/**
 * @param cuts where delimiters start.
 * @param read where pieces that are read already start and end; this call adds its own.
 */
function partsBetween(body: string, length: number, cuts: readonly number[], read?: Set<string>): Part[] {
  const parts: Part[] = [];
  const piece = (from: number, to: number): string => {
    if (read === undefined) return body.slice(from, to);
    const place = `${from} ${to}`;
    if (read.has(place)) return '';
    read.add(place);
    return body.slice(from, to);
  };
  const preamble = piece(0, cuts[0]!).trim();
  if (preamble !== '') parts.push({ ...NO_HEADERS, content: preamble });
  for (let i = 0; i < cuts.length; i++) {
    const part = piece(cuts[i]! + length, cuts[i + 1] ?? body.length);
    if (part === '' || part === '\r\n') continue;
    if (part.startsWith('--')) {
      const epilogue = part.slice(2).trim();
      if (epilogue !== '') parts.push({ ...NO_HEADERS, content: epilogue });
      continue;
    }
    const blank = BLANK_LINE.exec(part);
    const headers = (blank === null ? '' : part.slice(0, blank.index)).trim();
    const rest = blank === null ? part : part.slice(blank.index + blank[0].length);
    parts.push({ ...readPartHeaders(headers), content: withoutLineEnd(rest) });
  }
  return parts;
}

const BLANK_LINE = /\r?\n\r?\n/;

function withoutLineEnd(content: string): string {
  if (!content.endsWith('\n')) return content;
  return content.slice(0, content.endsWith('\r\n') ? -2 : -1);
}

/**
 * The boundaries that a Content-Type gives (RFC 2046 section 5.1.1): one, unless it is repeated or given twice, when
 * servers disagree on which one counts. Three at most.
 */
export function boundariesOf(contentType: string): string[] {
  const found = Array.from(contentType.matchAll(BOUNDARY), (match) => match[1] ?? match[2]!);
  return [...new Set(found)].slice(0, MAX_BOUNDARIES);
}

const BOUNDARY = /[;,\s]boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;",]{1,200}))/gi;
const MAX_BOUNDARIES = 3;

/** The boundary that a body without a usable Content-Type starts with; the first line and a part header give it away. */
export function boundaryInside(body: string): string | undefined {
  return FIRST_LINES.exec(body)?.[1];
}

const FIRST_LINES = /^\s{0,4}--([^\r\n]{1,200}?)[ \t]*\r?\nContent-[A-Za-z-]{1,40}:/i;

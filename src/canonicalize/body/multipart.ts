import { NO_HEADERS, type PartHeaders, readPartHeaders } from './part-headers.js';

/** One part of a multipart body (RFC 2046 section 5.1), bytes as a byte string. */
export interface Part extends PartHeaders {
  readonly content: string;
}

/**
 * Splits a multipart body by its boundary. Lenient where servers are: bare LF, a missing last boundary, text before the
 * first one; what stands outside parts comes back as a nameless part, so that it is scored too.
 *
 * @param body byte string.
 * @param boundary as the Content-Type gives it, quotes removed.
 * @returns parts in order; empty when the boundary does not occur.
 */
export function splitMultipart(body: string, boundary: string): Part[] {
  const pieces = body.split(`--${boundary}`);
  if (pieces.length < 2) return [];
  const parts: Part[] = [];
  const preamble = pieces[0]!.trim();
  if (preamble !== '') parts.push({ ...NO_HEADERS, content: preamble });
  for (let i = 1; i < pieces.length; i++) {
    const piece = pieces[i]!;
    if (piece === '' || piece === '\r\n') continue;
    if (piece.startsWith('--')) {
      const epilogue = piece.slice(2).trim();
      if (epilogue !== '') parts.push({ ...NO_HEADERS, content: epilogue });
      continue;
    }
    const blank = BLANK_LINE.exec(piece);
    const headers = (blank === null ? '' : piece.slice(0, blank.index)).trim();
    const rest = blank === null ? piece : piece.slice(blank.index + blank[0].length);
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

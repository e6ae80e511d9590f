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
  const cuts: Cut[] = [];
  let strictest = -1;
  let laxest = LINE;
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    const end = at + delimiter.length;
    const kind = kindOf(body, at, end);
    cuts.push({ at, end, kind });
    strictest = Math.max(strictest, kind);
    laxest = Math.min(laxest, kind);
  }
  const parts: Part[] = [];
  for (let kind = strictest; kind >= laxest; kind--) addReading(parts, body, cuts, kind);
  return parts;
}

interface Cut {
  /** Where a delimiter starts and ends. */
  readonly at: number;
  readonly end: number;
  readonly kind: number;
}

/** In the middle of a line; at the start of one that goes on; a line of its own. */
const MIDDLE = 0;
const START = 1;
const LINE = 2;

function kindOf(body: string, at: number, end: number): number {
  if (at > 0 && !isLineEnd(body.charCodeAt(at - 1))) return MIDDLE;
  DELIMITER_END.lastIndex = end;
  return DELIMITER_END.test(body) ? LINE : START;
}

/** What may follow a delimiter on its line: the mark of the last one, blanks (RFC 2046, "transport-padding"). */
const DELIMITER_END = /--|[ \t]*(?:[\r\n]|$)/y;

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

/** Adds what stands between the delimiters of a kind and above, but for what a stricter reading has added. */
function addReading(parts: Part[], body: string, cuts: readonly Cut[], kind: number): void {
  const stricter = cuts.some((cut) => cut.kind > kind);
  const isKnown = (cut: Cut | undefined): boolean => stricter && (cut === undefined || cut.kind > kind);
  let before: Cut | undefined;
  for (let i = 0; i <= cuts.length; i++) {
    const cut = cuts[i];
    if (cut !== undefined && cut.kind < kind) continue;
    const known = isKnown(before) && isKnown(cut);
    if (!known) addPiece(parts, body.slice(before?.end ?? 0, cut?.at ?? body.length), before === undefined);
    before = cut;
  }
}

function addPiece(parts: Part[], piece: string, isPreamble: boolean): void {
  if (piece === '' || piece === '\r\n') return;
  const isEpilogue = piece.startsWith('--');
  if (isPreamble || isEpilogue) {
    const content = (isPreamble ? piece : piece.slice(2)).trim();
    if (content !== '') parts.push({ ...NO_HEADERS, content });
    return;
  }
  const blank = BLANK_LINE.exec(piece);
  const headers = (blank === null ? '' : piece.slice(0, blank.index)).trim();
  const rest = blank === null ? piece : piece.slice(blank.index + blank[0].length);
  parts.push({ ...readPartHeaders(headers), content: withoutLineEnd(rest) });
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

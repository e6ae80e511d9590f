/** One part of a multipart body (RFC 7578), bytes as a byte string. */
export interface Part {
  readonly name: string;
  /** `undefined` when the part is no file. */
  readonly filename?: string;
  /** Part headers that carry more than a name, a file name and a plain type; empty for ordinary parts. */
  readonly oddHeaders: string;
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
  const delimiter = `--${boundary}`;
  const pieces = body.split(delimiter);
  if (pieces.length < 2) return [];
  const parts: Part[] = [];
  const preamble = pieces[0]!.trim();
  if (preamble !== '') parts.push({ name: '', oddHeaders: '', content: preamble });
  for (const piece of pieces.slice(1)) {
    if (piece.startsWith('--')) {
      const epilogue = piece.slice(2).trim();
      if (epilogue !== '') parts.push({ name: '', oddHeaders: '', content: epilogue });
      continue;
    }
    const blank = BLANK_LINE.exec(piece);
    const headers = (blank === null ? '' : piece.slice(0, blank.index)).trim();
    const rest = blank === null ? piece : piece.slice(blank.index + blank[0].length);
    const { name, filename, oddHeaders } = readHeaders(headers);
    parts.push({ name, filename, oddHeaders, content: withoutLineEnd(rest) });
  }
  return parts;
}

const BLANK_LINE = /\r?\n\r?\n/;

function withoutLineEnd(content: string): string {
  if (!content.endsWith('\n')) return content;
  return content.slice(0, content.endsWith('\r\n') ? -2 : -1);
}

/** The boundary of a `multipart/…` Content-Type (RFC 2046 section 5.1.1). */
export function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;",]{1,200}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/**
 * One ordinary Content-Disposition names the part; it is taken out, and so are plain headers. Whatever else stands there
 * (a second name, another header, odd parameters) comes back whole, since servers disagree on what it means.
 */
function readHeaders(headers: string): Omit<Part, 'content'> {
  if (headers === '') return NO_HEADERS;
  const match = DISPOSITION.exec(headers);
  if (match === null) {
    const name = NAME.exec(headers);
    return {
      name: name?.[1] ?? name?.[2] ?? '',
      filename: FILENAME.test(headers) ? '' : undefined,
      oddHeaders: headers,
    };
  }
  const rest = headers.slice(0, match.index) + headers.slice(match.index + match[0].length);
  const oddHeaders = rest.replace(PLAIN_HEADERS, '').trim();
  return { name: match[1] ?? match[2] ?? '', filename: match[3] ?? match[4], oddHeaders };
}

const NO_HEADERS = { name: '', filename: undefined, oddHeaders: '' };

const QUOTED = '"((?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])*)"';
const BARE = '([^\\s;"]+)';
const DISPOSITION = new RegExp(
  `^content-disposition: *(?:form-data|attachment|file)(?:; *name=(?:${QUOTED}|${BARE}))?(?:; *filename\\*?=(?:${QUOTED}|${BARE}))? *$`,
  'im',
);
const PLAIN_HEADERS =
  /^content-(?:type: *[\w.+-]+\/[\w.+-]+(?:; *[\w-]+=[\w."-]+)*|transfer-encoding: *\w+|length: *\d+|id: *<?[\w.@-]+>?) *$/gim;
const NAME = new RegExp(`[;\\s]name\\*?=(?:${QUOTED}|([^;\\r\\n]*))`, 'i');
const FILENAME = /[;\s]filename\*?=/i;

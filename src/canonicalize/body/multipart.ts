/** One part of a multipart body (RFC 7578), bytes as a byte string. */
export interface Part {
  readonly name: string;
  /** `undefined` when the part is no file. */
  readonly filename?: string;
  /** Raw part headers. */
  readonly headers: string;
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
  if (preamble !== '') parts.push({ name: '', headers: '', content: preamble });
  for (const piece of pieces.slice(1)) {
    if (piece.startsWith('--')) {
      const epilogue = piece.slice(2).trim();
      if (epilogue !== '') parts.push({ name: '', headers: '', content: epilogue });
      continue;
    }
    const blank = /\r?\n\r?\n/.exec(piece);
    const headers = (blank === null ? '' : piece.slice(0, blank.index)).trim();
    const content = (blank === null ? piece : piece.slice(blank.index + blank[0].length)).replace(/\r?\n$/, '');
    parts.push({ name: parameter(headers, 'name') ?? '', filename: parameter(headers, 'filename'), headers, content });
  }
  return parts;
}

/** The boundary of a `multipart/…` Content-Type (RFC 2046 section 5.1.1). */
export function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

function parameter(headers: string, key: 'name' | 'filename'): string | undefined {
  const match = new RegExp(`[;\\s]${key}\\*?=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\r\\n]*))`, 'i').exec(headers);
  return match?.[1] ?? match?.[2];
}

/** One request of the differential test, as it goes to the wire. */
export interface WireCase {
  readonly id: string;
  readonly bytes: Buffer;
}

export interface CaseParts {
  readonly method?: string;
  /** Request-target; byte string. */
  readonly target?: string;
  /** Whole header lines beside Host, Content-Length and Connection; byte strings. */
  readonly headers?: readonly string[];
  /** Byte string. */
  readonly body?: string;
  /** Sizes of chunks to send the body in; default: a Content-Length. */
  readonly chunks?: readonly number[];
  /** What follows a chunk's size, and header lines after the last chunk. */
  readonly chunkExtension?: string;
  readonly trailers?: readonly string[];
}

/** Builds a request that asks to close. A body without a length gets one, or is sent in chunks. */
export function wireCase(id: string, parts: CaseParts): WireCase {
  const { method = parts.body === undefined ? 'GET' : 'POST', target = '/', headers = [], body, chunks } = parts;
  const framing =
    body === undefined ? [] : [chunks === undefined ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked'];
  const head = [
    `${method} ${target} HTTP/1.1`,
    'Host: app.example',
    ...headers,
    ...framing,
    'Connection: close',
    '',
    '',
  ];
  const content = body === undefined ? '' : chunks === undefined ? body : chunked(body, chunks, parts);
  return { id, bytes: Buffer.from(head.join('\r\n') + content, 'latin1') };
}

function chunked(body: string, sizes: readonly number[], { chunkExtension = '', trailers = [] }: CaseParts): string {
  let out = '';
  for (let at = 0, i = 0; at < body.length; i++) {
    const chunk = body.slice(at, at + Math.max(1, sizes[i % sizes.length]!));
    out += `${chunk.length.toString(16)}${chunkExtension}\r\n${chunk}\r\n`;
    at += chunk.length;
  }
  return `${out}0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`;
}

import { RequestFormatError } from './from-json.js';
import type { RequestView } from './request-view.js';

/**
 * Reads one raw HTTP/1.x request, as Burp or `curl --trace` save it: request line, headers, blank line, body.
 * Bare LF line ends are accepted; obsolete line folding is joined (RFC 9112 section 5.2).
 *
 * @throws RequestFormatError when there is no request line.
 */
export function requestFromRawHttp(raw: Buffer, id: string): RequestView {
  const text = raw.toString('latin1');
  const blank = /\r?\n\r?\n/.exec(text);
  const head = blank === null ? text : text.slice(0, blank.index);
  const body = blank === null ? Buffer.alloc(0) : raw.subarray(blank.index + blank[0].length);
  const [line = '', ...rest] = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const match = REQUEST_LINE.exec(line);
  if (match === null) {
    throw new RequestFormatError(
      `request line: expected "METHOD target HTTP/1.1", got ${JSON.stringify(line.slice(0, 80))}`,
    );
  }
  const headers = rest.flatMap((header): (readonly [string, string])[] => {
    if (header === '') return [];
    // A line without a colon is kept as a name, so that it is scored: some servers read it as something.
    const colon = header.indexOf(':');
    if (colon < 1) return [[header.trim().toLowerCase(), ''] as const];
    return [[header.slice(0, colon).trim().toLowerCase(), header.slice(colon + 1).trim()] as const];
  });
  return {
    id,
    method: match[1]!,
    target: match[2]!,
    host: headers.find(([name]) => name === 'host')?.[1] ?? '',
    protocol: match[3]!,
    headers,
    body,
    bodyBytesReceived: body.length,
    bodyTruncated: false,
    client: '',
    time: 0,
  };
}

/** True when a file starts like an HTTP request rather than JSON; a request line may be longer than what is shown of it. */
export function looksLikeRawHttp(start: string): boolean {
  const end = start.indexOf('\n');
  return end < 0 ? REQUEST_START.test(start) : REQUEST_LINE.test(start.slice(0, end).replace(/\r$/, ''));
}

const REQUEST_START = /^[A-Z]{1,20} (?:\/|https?:\/\/|\*)/;

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) (\S.*?) (HTTP\/\d(?:\.\d)?)$/;

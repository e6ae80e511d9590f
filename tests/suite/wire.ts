/** A request in parts; byte strings, one byte a UTF-16 unit. */
export interface WireParts {
  readonly method: string;
  readonly target: string;
  readonly version?: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
}

/**
 * What a request without headers of its own is sent with: a browser's, because a firewall that learned from browsers
 * would otherwise judge their absence instead of the payload.
 */
const USUAL: readonly (readonly [name: string, value: string])[] = [
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0'],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['Accept-Language', 'en-US,en;q=0.5'],
  ['Accept-Encoding', 'gzip, deflate, br'],
];

/** Headers completed by a browser's, `Host` first; names that are there already keep their values. */
export function withUsualHeaders(headers: WireParts['headers'], host: string): [string, string][] {
  const known = new Set(headers.map(([name]) => name.toLowerCase()));
  const missing = [['Host', host] as const, ...USUAL].filter(([name]) => !known.has(name.toLowerCase()));
  return [...missing, ...headers].map(([name, value]) => [name, value]);
}

/** The parts as HTTP/1.1. A body whose length no header tells gets a `Content-Length`; nothing else is changed. */
export function toWire({ method, target, version = 'HTTP/1.1', headers, body = EMPTY }: WireParts): Buffer {
  const framed = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  const all = framed || body.length === 0 ? headers : [...headers, ['Content-Length', String(body.length)] as const];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`${method} ${target} ${version}\r\n${lines}\r\n`, 'latin1'), body]);
}

const EMPTY = Buffer.alloc(0);

/**
 * A target as a client library would send it: what cannot stand in a request line (controls, blanks, bytes above
 * ASCII, `#`) percent-encoded, every other byte as it is.
 */
export function sendableTarget(target: string): string {
  return target.replace(/[^\x21\x22\x24-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** A header value as a client library would send it: line ends and NUL, which end a header, become blanks. */
export function sendableHeader(value: string): string {
  return value.replace(/[\r\n\0]/g, ' ');
}

/** Text as a byte string of its UTF-8. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Text with every lone surrogate, which `encodeURIComponent` refuses, replaced. */
export function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

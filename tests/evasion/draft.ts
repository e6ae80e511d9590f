/** The formats that bodies come in; the columns of the table of carriers. */
export const BODY_KINDS = ['form', 'multipart', 'JSON', 'XML', 'GraphQL', 'gRPC', 'text'] as const;
export type BodyKind = (typeof BODY_KINDS)[number];

export interface Part {
  /** Header lines, without the line end of the last. */
  readonly head: string;
  readonly content: string;
}

/** A request before it is handed over, all strings of bytes. */
export interface Draft {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Its form, where there is a body; a header says so too. */
  readonly kind?: BodyKind;
  readonly body?: string;
  /** Of a multipart body, so that carriers can put it together otherwise. */
  readonly parts?: readonly Part[];
}

/** What `normgate score` reads. */
export interface RequestJson {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly bodyBase64?: string;
}

/** What a browser of the shop's customers sends with everything. */
const BROWSER: readonly (readonly [string, string])[] = [
  ['host', 'shop.example.org'],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['accept-language', 'en-IE,en-GB;q=0.9,en;q=0.8'],
  ['accept-encoding', 'gzip, deflate, br'],
];

/** The draft with a browser's headers, where it has none of its own. */
export function toRequest({ method, path, headers, body }: Draft): RequestJson {
  const own = new Set(headers.map(([name]) => name));
  const all = [...BROWSER.filter(([name]) => !own.has(name)), ...headers];
  if (body === undefined) return { method, path, headers: all };
  const counted = own.has('content-length') || own.has('transfer-encoding');
  return {
    method,
    path,
    headers: counted ? all : [...all, ['content-length', String(body.length)]],
    bodyBase64: Buffer.from(body, 'latin1').toString('base64'),
  };
}

/** A boundary as Chromium makes them, always the same. */
export const BOUNDARY = '----WebKitFormBoundaryq3RX7Zp1s0vK2mTd';

export function joinParts(parts: readonly Part[], boundary: string, lineEnd = '\r\n'): string {
  const pieces = parts.map(
    ({ head, content }) =>
      `--${boundary}${lineEnd}${head.replaceAll('\r\n', lineEnd)}${lineEnd}${lineEnd}${content}${lineEnd}`,
  );
  return `${pieces.join('')}--${boundary}--${lineEnd}`;
}

export function multipart(path: string, parts: readonly Part[]): Draft {
  return {
    method: 'POST',
    path,
    headers: [['content-type', `multipart/form-data; boundary=${BOUNDARY}`]],
    kind: 'multipart',
    parts,
    body: joinParts(parts, BOUNDARY),
  };
}

export function post(kind: BodyKind, path: string, contentType: string, body: string): Draft {
  return { method: 'POST', path, headers: [['content-type', contentType]], kind, body };
}

/** The draft with its Content-Type replaced, or dropped. */
export function withType(draft: Draft, ...contentTypes: readonly string[]): Draft {
  const others = draft.headers.filter(([name]) => name !== 'content-type');
  return { ...draft, headers: [...others, ...contentTypes.map((type) => ['content-type', type] as const)] };
}

export function withHeader(draft: Draft, name: string, value: string): Draft {
  return { ...draft, headers: [...draft.headers, [name, value]] };
}

/** What the headers of one part of a multipart body say (RFC 7578 section 4.2, RFC 2183). */
export interface PartHeaders {
  readonly name: string;
  /** Every file name given: `filename` as it stands, `filename*` with its charset prefix taken off (RFC 8187). */
  readonly filenames: readonly string[];
  /** The part's own Content-Type; empty when there is none. */
  readonly contentType: string;
  /** Content-Transfer-Encoding in lower case; empty when there is none. */
  readonly transferEncoding: string;
  /** Headers that carry more than a name, file names and plain values; empty for ordinary parts. */
  readonly odd: string;
}

export const NO_HEADERS: PartHeaders = { name: '', filenames: [], contentType: '', transferEncoding: '', odd: '' };

/**
 * Reads the headers of a part. One ordinary Content-Disposition names the part, and plain headers say what they say;
 * whatever else stands there (a second name, another header, odd parameters) comes back whole too, since servers disagree
 * on what it means.
 */
export function readPartHeaders(text: string): PartHeaders {
  if (text === '') return NO_HEADERS;
  const usual = USUAL.exec(text);
  if (usual !== null) {
    const filenames = usual[2] === undefined ? [] : [usual[2]];
    return { ...NO_HEADERS, name: usual[1]!, filenames, contentType: usual[3] ?? '' };
  }
  const headers = text.replace(FOLD, ' ');
  const contentType = CONTENT_TYPE.exec(headers)?.[1] ?? '';
  const transferEncoding = TRANSFER_ENCODING.exec(headers)?.[1]?.toLowerCase() ?? '';
  const line = DISPOSITION_LINE.exec(headers);
  const parameters = line === null ? undefined : ordinaryParameters(line[1]!);
  if (line === null || parameters === undefined) {
    const name = ANY_NAME.exec(headers);
    const filenames = Array.from(headers.matchAll(ANY_FILENAME), (match) => unquoted(match[1] ?? match[2] ?? ''));
    return { name: unquoted(name?.[1] ?? name?.[2] ?? ''), filenames, contentType, transferEncoding, odd: headers };
  }
  const others = headers.slice(0, line.index) + headers.slice(line.index + line[0].length);
  return { ...parameters, contentType, transferEncoding, odd: others.replace(PLAIN_HEADERS, '').trim() };
}

/** What browsers send. */
const USUAL =
  /^content-disposition: form-data; name="([^"\\\r\n]*)"(?:; filename="([^"\\\r\n]*)")?(?:\r\ncontent-type: ([\w.+/-]+))?$/i;
/** Obsolete line folding, RFC 5322 section 2.2.3. */
const FOLD = /\r?\n[ \t]+/g;
const CONTENT_TYPE = /^content-type: *(.*?) *$/im;
const TRANSFER_ENCODING = /^content-transfer-encoding: *([\w-]+) *$/im;
const DISPOSITION_LINE = /^content-disposition: *(?:form-data|attachment|file)((?: *;.*)?)$/im;
const PARAMETER = / *; *(name|filename|filename\*)=(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|([^\s;"]+))/iy;
const PLAIN_HEADERS =
  /^content-(?:type: *[\w.+-]+\/[\w.+-]+(?:; *[\w-]+=[\w."-]+)*|transfer-encoding: *[\w-]+|length: *\d+|id: *<?[\w.@-]+>?) *$/gim;
const ANY_NAME = /[;\s]name\*?=(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|([^;\r\n]*))/i;
const ANY_FILENAME = /[;\s]filename\*?=(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|([^;\r\n]*))/gi;
/** RFC 8187: charset, language, value. */
const EXTENDED = /^([\w.:-]{0,40})'[\w-]{0,20}'/;

/** Undoes a quoted string (RFC 2183) that has an escaped quote; without one, back-slashes are those of a Windows path. */
function unquoted(value: string): string {
  return value.includes('\\"') ? value.replace(QUOTED_PAIR, '$1') : value;
}

const QUOTED_PAIR = /\\(["\\])/g;

/** @returns `undefined` unless each parameter is one of ours and occurs once. */
function ordinaryParameters(text: string): { name: string; filenames: string[] } | undefined {
  const seen = new Map<string, string>();
  let at = 0;
  for (;;) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    if (match === null) break;
    const key = match[1]!.toLowerCase();
    if (seen.has(key)) return undefined;
    seen.set(key, match[2] === undefined ? (match[3] ?? '') : unquoted(match[2]));
    at = PARAMETER.lastIndex;
  }
  if (text.slice(at).trim() !== '') return undefined;
  const filename = seen.get('filename');
  const extended = seen.get('filename*')?.replace(EXTENDED, '');
  const filenames = [filename, extended].filter((one): one is string => one !== undefined);
  return { name: seen.get('name') ?? '', filenames: [...new Set(filenames)] };
}

import { decodeEbcdic, type EbcdicPage } from '../../src/canonicalize/decode/ebcdic.js';
import { BOUNDARY, type BodyKind, type Draft, joinParts, withType } from './draft.js';
import { percentEncoded } from './write.js';

export type OddCharset = 'utf-16le' | 'utf-16be' | 'utf-32' | 'ibm037' | 'ibm500' | 'utf-7';

/** Kinds of bodies that a charset makes sense for. */
export const FORM_AND_TEXT: readonly BodyKind[] = ['form', 'multipart', 'JSON', 'XML', 'GraphQL', 'text'];

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
const pageOf = (page: EbcdicPage): ReadonlyMap<string, number> =>
  new Map(Array.from(decodeEbcdic(EVERY_BYTE, page), (character, code) => [character, code]));
const EBCDIC = { ibm037: pageOf('ibm037'), ibm500: pageOf('ibm500') };

/** Text in a charset, as a byte string; `undefined` where the charset has no such character. */
function encode(text: string, charset: OddCharset): string | undefined {
  switch (charset) {
    case 'utf-16le':
      return Buffer.from(text, 'utf16le').toString('latin1');
    case 'utf-16be':
      return Buffer.from(text, 'utf16le').swap16().toString('latin1');
    case 'utf-32': {
      const points = Array.from(text, (point) => point.codePointAt(0)!);
      const bytes = Buffer.alloc(4 * points.length);
      for (const [k, point] of points.entries()) bytes.writeUInt32BE(point, 4 * k);
      return `\0\0\xfe\xff${bytes.toString('latin1')}`;
    }
    case 'utf-7':
      return text.replace(/[^A-Za-z0-9'(),./:? \r\n\t-]+/g, (run) => {
        const units = Buffer.from(run, 'utf16le').swap16();
        return `+${units.toString('base64').replace(/=+$/, '')}-`;
      });
    default: {
      const table = EBCDIC[charset];
      const bytes = Array.from(text, (character) => table.get(character));
      return bytes.includes(undefined) ? undefined : String.fromCharCode(...(bytes as number[]));
    }
  }
}

const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
const unescaped = (bytes: string): string =>
  bytes
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

/**
 * The body in another charset, declared. Of a form the percent-encoded bytes are in it and `&` and `=` stay ASCII, as
 * ASP.NET reads it; of a multipart body each part declares it for itself.
 */
export function inCharset(draft: Draft, charset: OddCharset): Draft | undefined {
  const type = draft.headers.find(([name]) => name === 'content-type')![1].replace(/;.*/, '');
  if (draft.kind === 'form') {
    const pairs: string[] = [];
    for (const pair of draft.body!.split('&')) {
      const [name = '', value = ''] = pair
        .split('=')
        .map((side) => encode(textOf(unescaped(side)), charset)?.replace('\0\0\xfe\xff', ''));
      if (name === undefined || value === undefined) return undefined;
      pairs.push(`${percentEncoded({ bytes: name })}=${percentEncoded({ bytes: value })}`);
    }
    return { ...withType(draft, `${type}; charset=${charset}`), body: pairs.join('&') };
  }
  if (draft.parts !== undefined) {
    const parts = draft.parts.map(({ head, content }) => {
      const bytes = encode(textOf(content), charset);
      const typed = head.includes('Content-Type:')
        ? `${head}; charset=${charset}`
        : `${head}\r\nContent-Type: text/plain; charset=${charset}`;
      return bytes === undefined ? undefined : { head: typed, content: bytes };
    });
    return parts.includes(undefined)
      ? undefined
      : { ...draft, body: joinParts(parts as NonNullable<(typeof parts)[0]>[], BOUNDARY) };
  }
  const text = textOf(draft.body!).replace('encoding="UTF-8"', `encoding="${charset}"`);
  const body = encode(text, charset);
  return body === undefined ? undefined : { ...withType(draft, `${type}; charset=${charset}`), body };
}

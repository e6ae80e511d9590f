/** EBCDIC code page 037 (IBM CDRA), one row of 16 characters a line; its 256 characters are those of Latin-1. */
const IBM037 = [
  '\x00\x01\x02\x03\x9c\x09\x86\x7f\x97\x8d\x8e\x0b\x0c\x0d\x0e\x0f',
  '\x10\x11\x12\x13\x9d\x85\x08\x87\x18\x19\x92\x8f\x1c\x1d\x1e\x1f',
  '\x80\x81\x82\x83\x84\x0a\x17\x1b\x88\x89\x8a\x8b\x8c\x05\x06\x07',
  '\x90\x91\x16\x93\x94\x95\x96\x04\x98\x99\x9a\x9b\x14\x15\x9e\x1a',
  ' \xa0\xe2\xe4\xe0\xe1\xe3\xe5\xe7\xf1\xa2.<(+|',
  '&\xe9\xea\xeb\xe8\xed\xee\xef\xec\xdf!$*);\xac',
  '-/\xc2\xc4\xc0\xc1\xc3\xc5\xc7\xd1\xa6,%_>?',
  '\xf8\xc9\xca\xcb\xc8\xcd\xce\xcf\xcc`:#@\'="',
  '\xd8abcdefghi\xab\xbb\xf0\xfd\xfe\xb1',
  '\xb0jklmnopqr\xaa\xba\xe6\xb8\xc6\xa4',
  '\xb5~stuvwxyz\xa1\xbf\xd0\xdd\xde\xae',
  '^\xa3\xa5\xb7\xa9\xa7\xb6\xbc\xbd\xbe[]\xaf\xa8\xb4\xd7',
  '{ABCDEFGHI\xad\xf4\xf6\xf2\xf3\xf5',
  '}JKLMNOPQR\xb9\xfb\xfc\xf9\xfa\xff',
  '\\\xf7STUVWXYZ\xb2\xd4\xd6\xd2\xd3\xd5',
  '0123456789\xb3\xdb\xdc\xd9\xda\x9f',
].join('');

/** Where code pages 500 and 1047 differ from 037. */
const IBM500: Readonly<Record<number, string>> = {
  74: '[',
  79: '!',
  90: ']',
  95: '^',
  176: '\xa2',
  186: '\xac',
  187: '|',
};
const IBM1047: Readonly<Record<number, string>> = {
  95: '^',
  173: '[',
  176: '\xac',
  186: '\xdd',
  187: '\xa8',
  189: ']',
};

export type EbcdicPage = 'ibm037' | 'ibm500' | 'ibm1047';

/**
 * Text of EBCDIC bytes: a body in it is gibberish to a filter that reads ASCII, and plain to servers that honor
 * `charset=ibm037`.
 */
export function decodeEbcdic(bytes: Buffer, page: EbcdicPage): string {
  const table = TABLES[page];
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += table[bytes[i]!];
  return out;
}

const patched = (changes: Readonly<Record<number, string>>): string[] =>
  Array.from(IBM037, (character, code) => changes[code] ?? character);

const TABLES: Readonly<Record<EbcdicPage, readonly string[]>> = {
  ibm037: patched({}),
  ibm500: patched(IBM500),
  ibm1047: patched(IBM1047),
};

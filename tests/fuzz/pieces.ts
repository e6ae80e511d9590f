import { encodeDeep, utf8 } from './encode.js';
import type { Random } from './random.js';

/** What means something to some decoder, parser or placeholder; byte strings. */
const PIECES: readonly string[] = [
  ...[
    "'",
    '"',
    '<',
    '>',
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    '=',
    '&',
    ';',
    '+',
    '/',
    '\\',
    '?',
    '#',
    '%',
    ':',
    ',',
    '.',
    '`',
  ],
  ...['\0', '\t', '\n', '\r\n', '\x0b', '\x1b', '\x7f', '\x80', '\xff', '\xfe\xff', '\xff\xfe', '\xef\xbb\xbf'],
  ...['%', '%2', '%25', '%2527', '%u', '%u00', '%u0027', '%ud83d', '%ud83d%ude00', '%c0%ae', '%ee%80%85'],
  ...['&', '&#', '&#x', '&#39;', '&#xe005;', '&#57349;', '&lt', '&amp;amp;', '&CounterClockwiseContourIntegral;'],
  ...['\\u', '\\u0027', '\\ue000', '\\u{e01f}', '\\ud800', '\\x27', '\\', '\\\\', '\\"', '\\27 ', '\\047'],
  ...[
    '--',
    '--X',
    '--X--',
    '\r\n--X\r\n',
    '\r\n\r\n',
    '-->',
    '/*',
    '*/',
    '<!--',
    ']]>',
    '<![CDATA[',
    '<?',
    '<!DOCTYPE a [',
    '<!ENTITY b "',
  ],
  ...[
    '{"a":',
    '{"',
    '[[',
    '{}',
    '[]',
    'null',
    'true',
    '-0',
    '1e999',
    '1e-999999',
    '123456789012345678901234567890',
    '"\\u',
  ],
  ...[
    'eyJhbGciOi',
    '550e8400-e29b-41d4-a716-446655440000',
    '2024-05-01T12:00:00Z',
    '1714564800',
    'deadbeef0123',
    '00000',
  ],
  ...[
    '__proto__',
    'constructor',
    'name',
    'filename',
    'boundary=',
    'charset=',
    'Content-Disposition: form-data; name="',
  ],
  ...[
    'select',
    ' union ',
    ' or 1=1',
    '<script>',
    '${',
    '$(',
    '{{',
    '../',
    '..\\',
    ';cat ',
    'php://',
    '|',
    '&&',
    'http://',
  ],
  ...['a', 'b', 'x', '0', '1', ' ', '  ', 'lorem ipsum', "O'Brien", '-', '_', '~', '*', '@', '!'],
  ...[
    '\u00e9',
    '\ue000',
    '\ue005',
    '\ue00b',
    '\ue01f',
    '\uf8ff',
    '\u200b',
    '\u202e',
    '\u0301',
    '\ufdfa',
    '\uff07',
    '\ufffd',
    '\u{1d4d0}',
    '\u{10ffff}',
    '\u4e2d\u56fd',
    '\u0130',
    '\u00df',
    '\ud55c',
  ].map(utf8),
  ...[
    '\xc0\xaf',
    '\xe0\x80\xaf',
    '\xf0\x80\x80\xaf',
    '\xed\xa0\x80',
    '\xf4\x90\x80\x80',
    '\xc2',
    '\xd6\xd0\xb9\xfa',
    '\x81|',
  ],
];

/** A piece, a random byte, or a run of one of them. */
export function piece(random: Random): string {
  if (random.chance(0.1)) return random.bytes(1 + random.small(8));
  return random.pick(PIECES);
}

/** Words that an ordinary value is made of, and pieces among them; about `length` bytes. */
export function text(random: Random, length: number): string {
  const parts: string[] = [];
  // A run of one piece is what makes a careless pattern quadratic.
  if (random.chance(0.08)) {
    const unit = random.chance(0.7) ? piece(random) : piece(random) + piece(random);
    return unit.repeat(Math.ceil(length / unit.length)).slice(0, length) + (random.chance(0.5) ? piece(random) : '');
  }
  for (let size = 0; size < length; ) {
    const part = random.chance(0.3) ? random.pick(WORDS) : piece(random);
    parts.push(part);
    size += part.length;
  }
  return parts.join('').slice(0, length);
}

/** A value as it stands in a request: text in none to several encodings. */
export function value(random: Random, length: number): string {
  const plain = text(random, random.small(length));
  return random.chance(0.35) ? encodeDeep(random, plain, 6) : plain;
}

/** A name: mostly short and plain. */
export function name(random: Random): string {
  if (random.chance(0.6)) return random.pick(NAMES);
  return random.chance(0.1) ? text(random, random.small(300)) : text(random, 1 + random.small(12));
}

const WORDS = [
  'desk',
  'lamp',
  ' and ',
  'oak',
  '42',
  '3.50',
  'user@example.org',
  'The quick brown fox',
  'true',
  '-',
  '_id',
];
const NAMES = ['q', 'id', 'user', 'name', 'items[]', 'items[0][sku]', 'a.b', 'page', 'sort', 'X-Token', 'data', ''];

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../../../src/canonicalize/canonical-request.js';
import { canonicalizeValue } from '../../../src/canonicalize/canonicalize-value.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { bytes, text } from './pieces.js';
import { canonical } from './requests.js';

const SEED = { seed: 20_240_501 };
const RUNS = { ...SEED, numRuns: 400 };

const HEADER_NAMES = [
  'cookie',
  'referer',
  'authorization',
  'user-agent',
  'accept',
  'x-forwarded-for',
  'content-encoding',
  'host',
];
const headerName = fc.oneof(fc.constantFrom(...HEADER_NAMES, 'constructor', '__proto__', 'tostring'), bytes);
const contentType = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=XX',
    'multipart/mixed; boundary=XX; boundary=--',
    'application/xml',
    'application/graphql',
    'application/grpc',
    'application/grpc-web-text',
    'application/x-protobuf',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded; charset=ibm037',
    'text/plain; charset=shift_jis',
    'text/plain',
    '',
  ),
  bytes,
);
const request: fc.Arbitrary<Partial<RequestView>> = fc
  .record({
    method: fc.oneof(fc.constantFrom('GET', 'POST'), bytes),
    target: bytes.map((part) => `/${part}`),
    host: bytes,
    headers: fc.array(fc.tuple(headerName, bytes), { maxLength: 4 }),
    type: contentType,
    body: bytes.map((part) => Buffer.from(part, 'latin1')),
  })
  .map(({ type, headers, body, ...parts }) => ({
    ...parts,
    headers: [...headers, ['content-type', type] as const],
    body,
    bodyBytesReceived: body.length,
  }));

/** What may stand before a name: one zone marker, then at most DEPTH and MALFORMED. */
const ZONES = [
  MARKERS.STRUCTURE,
  MARKERS.PATH,
  MARKERS.QUERY,
  MARKERS.HEADER,
  MARKERS.COOKIE,
  MARKERS.BODY,
  MARKERS.DECODED,
]
  .concat(MARKERS.PRINTABLE)
  .join('');
const PLACEHOLDERS = [
  MARKERS.UUID,
  MARKERS.HEX,
  MARKERS.JWT,
  MARKERS.OPAQUE,
  MARKERS.TIME,
  MARKERS.NUMBER,
  MARKERS.BYTES,
];
const ANY = '\ue000-\ue01f';
const SEQUENCE = new RegExp(
  `^[${ZONES}]${MARKERS.DEPTH}?${MARKERS.MALFORMED}?[^${ANY}]*${MARKERS.VALUE}[^${ANY}]*(?:[${PLACEHOLDERS.join('')}][^${ANY}]*)*$`,
);

const ODD_BLANK = /(?![ \n])[\s\x85]/;

function check(read: CanonicalRequest): void {
  for (const { zone, text, name, value } of read.fields) {
    expect(text).toMatch(SEQUENCE);
    expect(text).not.toMatch(/\p{Surrogate}/u);
    expect(text).not.toMatch(ODD_BLANK);
    expect(text.endsWith(`${name}${MARKERS.VALUE}${value}`)).toBe(true);
    if (zone !== 'structure') expect(name.length).toBeLessThanOrEqual(60);
  }
  expect(read.fields.filter(({ zone }) => zone === 'structure')).toHaveLength(1);
  expect(read.bytesInspected).toBeGreaterThanOrEqual(0);
  expect(read.bytesInspected).toBeLessThanOrEqual(read.bytesReceived);
}

describe('whatever the bytes are', () => {
  test('a request yields well-formed sequences with markers of ours only', () => {
    fc.assert(
      fc.property(request, (parts) => check(canonical(parts))),
      { ...SEED, numRuns: 1500 },
    );
  });

  test('limits hold', () => {
    const limits = { maxFields: 5, maxDepth: 2, maxDecodeSteps: 2, maxValueBytes: 64, maxBodyBytes: 128 };
    fc.assert(
      fc.property(request, (parts) => {
        const read = canonical(parts, limits);
        check(read);
        // One more for the structure, and one of overflow for each other zone.
        expect(read.fields.length).toBeLessThanOrEqual(limits.maxFields + 6);
      }),
      RUNS,
    );
  });

  test('text is at most a constant times the bytes', () => {
    fc.assert(
      fc.property(request, (parts) => {
        const read = canonical(parts);
        const length = read.fields.reduce((sum, field) => sum + field.text.length, 0);
        expect(length).toBeLessThanOrEqual(200 + 40 * read.bytesReceived);
      }),
      RUNS,
    );
  });
});

describe('values', () => {
  test('canonical text is its own canonical text, placeholders apart', () => {
    fc.assert(
      fc.property(text, (value) => {
        const once = canonicalizeValue(value);
        fc.pre(!/[\ue000-\ue01f]/.test(once));
        expect(canonicalizeValue(once)).toBe(once);
      }),
      { ...SEED, numRuns: 3000 },
    );
  });

  test('the structure of a value cannot be a marker', () => {
    fc.assert(
      fc.property(text, (value) => {
        const out = canonicalizeValue(value);
        expect(out).toMatch(new RegExp(`^[^${ANY}]*(?:[${PLACEHOLDERS.join('')}][^${ANY}]*)*$`));
        expect(out).not.toMatch(/\p{Surrogate}/u);
        expect(out).not.toMatch(ODD_BLANK);
      }),
      { ...SEED, numRuns: 3000 },
    );
  });

  test('placeholders swallow no punctuation but the separators of UUIDs, JWTs and times, and the signs of base64', () => {
    const word = fc.constantFrom(
      '12345',
      '1714564800',
      'deadbeef0123',
      'aB3dE5fG7hI9jK1l',
      'or',
      'x',
      '7',
      '20240501T120000',
    );
    const mark = fc.constantFrom(...'!"#$&\'()*+,/;<=>?@[]^`{|}~. _:-');
    fc.assert(
      fc.property(fc.array(fc.oneof(word, mark), { maxLength: 30 }), (pieces) => {
        const value = pieces.join('').replaceAll('&', ' ');
        const out = canonicalizeValue(value);
        const punctuation = (string: string): string =>
          [...string].filter((c) => /[!-*,-.:-<>-@[-`{-~]/.test(c)).join('');
        expect(punctuation(out)).toBe(punctuation(value));
      }),
      { ...SEED, numRuns: 3000 },
    );
  });

  test('long base64 is one placeholder; paths, camel case and words beside it stay', () => {
    const encoded = 'q83vASNFZ4mrze8B+0+Bh9NIDwAAAGc6///////////wFsDWwN//4a/qsBAAAAAAABRQ==';
    expect(canonicalizeValue(encoded)).toBe(MARKERS.OPAQUE);
    expect(canonicalizeValue(`id ${encoded}' or 1=1`)).toBe(`id ${MARKERS.OPAQUE}' or 1=1`);
    for (const plain of [
      '/usr/local/share/Something/FooBar/helloWorld/etc/passwd2',
      'one/Two/threeFour/FiveSix/sevenEight/9/TenEleven',
    ]) {
      expect(canonicalizeValue(plain)).toBe(plain);
    }
  });

  test('long values end at the limit', () => {
    const once = canonicalizeValue("a'".repeat(DEFAULT_LIMITS.maxValueBytes));
    expect(once).toHaveLength(DEFAULT_LIMITS.maxValueBytes);
  });
});

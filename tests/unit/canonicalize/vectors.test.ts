import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import { canonicalizeValue } from '../../../src/canonicalize/canonicalize-value.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { showMarkers } from '../../../src/canonicalize/markers.js';
import { requestFromJson } from '../../../src/request/from-json.js';

/** Data, one file a decoder or body type; markers are written out as `[NAME]`. */
const FOLDER = new URL('../../vectors/canonicalize/', import.meta.url);
const VALUES = [
  'fixed-point',
  'placeholders',
  'value-escapes',
  'value-html',
  'value-percent',
  'value-unicode',
  'value-utf7',
];
const REQUESTS = [
  'binary',
  'blanks',
  'charset',
  'compressed',
  'content-type',
  'cookies',
  'form',
  'graphql',
  'grpc',
  'hidden',
  'inside',
  'json',
  'multipart',
  'padding',
  'path',
  'query',
  'referer',
  'structure',
  'xml',
];
/** Read by headers.test.ts. */
const HEADERS = ['headers'];

function vectors<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
}

test('no vector file is left unread', () => {
  const files = readdirSync(FOLDER).sort();
  expect(files).toEqual([...VALUES, ...REQUESTS, ...HEADERS].map((name) => `${name}.json`).sort());
});

describe.each(VALUES)('%s', (name) => {
  test.each(vectors<{ value: string; canonical: string }>(name))('$value', ({ value, canonical }) => {
    expect(showMarkers(canonicalizeValue(value))).toBe(canonical);
  });
});

describe.each(REQUESTS)('%s', (name) => {
  const cases = vectors<{ request: unknown; fields: string[] }>(name).map((vector, i) => ({ ...vector, i }));
  test.each(cases)('request $i', ({ request, fields }) => {
    const read = canonicalize(requestFromJson(request, '1').view, DEFAULT_LIMITS);
    const wanted = read.fields.filter(({ zone }) => (zone === 'structure') === (name === 'structure'));
    expect(wanted.map(({ text }) => showMarkers(text))).toEqual(fields);
  });
});

import { describe, expect, test } from 'vitest';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { canonical, post, shown, view } from './requests.js';

/** U+E005 (a QUERY marker) in every spelling that some decoder undoes. */
const LOOK_ALIKES = {
  'UTF-8 bytes': '\xee\x80\x85',
  percent: '%EE%80%85',
  'percent twice': '%25EE%2580%2585',
  '%u': '%ue005',
  'hex reference': '&#xe005;',
  'decimal reference': '&#57349;',
  '\\u': '\\ue005',
  '\\u{}': '\\u{e005}',
  'percent of an escape': '%5Cue005',
};

const PLACES: Record<string, (mark: string) => Partial<RequestView>> = {
  method: (mark) => ({ method: `GET${mark}` }),
  path: (mark) => ({ target: `/a${mark}b` }),
  authority: (mark) => ({ target: `http://${mark}/x` }),
  'query value': (mark) => ({ target: `/?q=${mark}` }),
  'query name': (mark) => ({ target: `/?${mark}=x'` }),
  'long query name': (mark) => ({ target: `/?${'n'.repeat(80)}${mark}=x'` }),
  host: (mark) => ({ host: mark }),
  'header value': (mark) => ({ headers: [['x-a', mark]] }),
  'header name': (mark) => ({ headers: [[mark, "x'"]] }),
  'content type': (mark) => ({ headers: [['content-type', `text/${mark}`]], body: Buffer.from("a'") }),
  'content encoding': (mark) => ({ headers: [['content-encoding', mark]], body: Buffer.from("a'") }),
  'cookie value': (mark) => ({ headers: [['cookie', `a=${mark}`]] }),
  'cookie name': (mark) => ({ headers: [['cookie', `${mark}=a'`]] }),
  referer: (mark) => ({ headers: [['referer', `https://a.test/${mark}?${mark}=${mark}`]] }),
  'odd referer': (mark) => ({ headers: [['referer', mark]] }),
  'Basic user': (mark) => ({ headers: [['authorization', `Basic ${btoa(`${mark}:x`)}`]] }),
  form: (mark) => post('application/x-www-form-urlencoded', `a=${mark}&${mark}=b'`),
  'JSON value and key': (mark) => post('application/json', `{"a":"${mark}","${mark}":"b'"}`),
  'malformed JSON': (mark) => post('application/json', `{"a":"${mark}" ${mark}`),
  'JSON in a query': (mark) => ({ target: `/?q={"a":"${mark}"}` }),
  text: (mark) => post('text/plain', `x ${mark}`),
  binary: (mark) => post('application/octet-stream', `${'\x00'.repeat(80)}abcdefgh${mark}abcdefgh`),
  'multipart name': (mark) => post('multipart/form-data; boundary=X', part(`name="${mark}"`, "x'")),
  'multipart file name': (mark) => post('multipart/form-data; boundary=X', part(`name="a"; filename="${mark}"`, "x'")),
  'multipart header': (mark) => post('multipart/form-data; boundary=X', part(`name="a"\r\nX-A: ${mark}`, "x'")),
  'multipart value': (mark) => post('multipart/form-data; boundary=X', part('name="a"', mark)),
  base64: (mark) => ({
    target: `/?q=${encodeURIComponent(Buffer.from(`it's ${mark} inside`, 'latin1').toString('base64'))}`,
  }),
};

function part(parameters: string, content: string): string {
  return `--X\r\nContent-Disposition: form-data; ${parameters}\r\n\r\n${content}\r\n--X--`;
}

const ZONE_MARKERS = [MARKERS.STRUCTURE, MARKERS.PATH, MARKERS.QUERY, MARKERS.HEADER, MARKERS.COOKIE, MARKERS.BODY];
const STRUCTURAL = new Set<string>([
  ...ZONE_MARKERS,
  MARKERS.DECODED,
  MARKERS.PRINTABLE,
  MARKERS.VALUE,
  MARKERS.PAD,
  MARKERS.CLS,
]);

describe.each(Object.entries(PLACES))('marker look-alikes in %s', (_, place) => {
  test.each(Object.entries(LOOK_ALIKES))('%s', (_, mark) => {
    const { fields } = canonicalize(view(place(mark)), DEFAULT_LIMITS);
    for (const { text, name, value } of fields) {
      expect([...`${name}${value}`].filter((character) => STRUCTURAL.has(character))).toEqual([]);
      expect([...text].filter((character) => STRUCTURAL.has(character))).toHaveLength(2);
    }
  });
});

/** Values that made some expression here try its way through powers of the length; each must take about a millisecond. */
describe('hostile repetition is read in linear time', () => {
  const fill = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

  test.each([
    ['accept-encoding', ',  '],
    ['content-type', 'a/b;  ;  '],
    ['x-forwarded-for', '11:1,'],
    ['cache-control', 'a=", "'],
    ['user-agent', 'a (() '],
    ['via', '1 a (,) ,'],
    ['sec-ch-ua', '"a";  ,  '],
    ['cookie', 'a;  '],
  ])('%s: %s', (name, unit) => {
    const value = `${fill(unit, 505)}"'`;
    expect(canonical({ headers: [[name, value]] }).fields.length).toBeGreaterThan(1);
  });

  test.each([
    'f',
    '1f',
    'eyJ-',
    'eyJaaaaaaaa.',
    '-',
    '2024-01-01T00:',
    '\xcc\x95\xcc\x96',
    '&#x',
    '\\u',
    '%25',
    '{"a":',
    '[',
    '""',
    '\\',
  ])(
    'a megabyte of %s',
    (unit) => {
      const body = fill(unit, 1 << 20);
      for (const type of [
        'text/plain',
        'application/json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=-',
      ]) {
        expect(canonical(post(type, body)).bytesReceived).toBe(`/content-type${type}${body}`.length);
      }
    },
    10_000,
  );
});

describe('a GraphQL document of quotes that close nothing', () => {
  test.each(['\\"', '"\\', '""""\n', '"\n'])('%j', (unit) => {
    const query = `{a(b: "it's", c: ${unit.repeat(20_000)}`;
    const read = canonical(post('application/json', JSON.stringify({ query })));
    expect(shown(read).some((text) => text.includes("it's"))).toBe(true);
  });
});

describe('multipart without end', () => {
  test('is read to where it stops', () => {
    const body = `${part('name="a"', "it's").slice(0, -5)}${'--X\r\n'.repeat(1000)}tail'`;
    expect(shown(canonical(post('multipart/form-data; boundary=X', body)))).toEqual([
      "[BODY]a[VALUE]it's",
      "[BODY][VALUE]\ntail'",
    ]);
  });
});

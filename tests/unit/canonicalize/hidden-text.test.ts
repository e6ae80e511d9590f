import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalizeValue } from '../../../src/canonicalize/canonicalize-value.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import { withoutPadding } from '../../../src/canonicalize/without-padding.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { canonical, post } from './requests.js';

const RUNS = { seed: 20_241_123, numRuns: 300 };

/** Where encoded text may stand that is no value. */
const PLACES: readonly [name: string, put: (token: string) => Partial<RequestView>][] = [
  ['path segment', (token) => ({ target: `/products/${token}/edit` })],
  ['end of a path', (token) => ({ target: `/products/${token}` })],
  ['query name', (token) => ({ target: `/?a=b&${token}=1` })],
  ['query without names', (token) => ({ target: `/?${token}` })],
  ['cookie name', (token) => ({ headers: [['cookie', `a=b; ${token}=1`]] })],
  ['Referer', (token) => ({ headers: [['referer', `https://shop.example.org/a/${token}?b=c`]] })],
  ['header', (token) => ({ headers: [['x-api-version', token]] })],
  ['product of User-Agent', (token) => ({ headers: [['user-agent', `Mozilla/5.0 ${token}`]] })],
  ['form name', (token) => post('application/x-www-form-urlencoded', `${token}=1`)],
  ['JSON key', (token) => post('application/json', `{"${token}":1}`)],
  ['XML name', (token) => post('application/xml', `<a><n${token}>x</n${token}><${token}>x</${token}></a>`)],
];

const decoded = (parts: Partial<RequestView>): string[] =>
  canonical(parts)
    .fields.filter(({ text }) => text.startsWith(MARKERS.DECODED))
    .map(({ value }) => value);

describe('encoded text outside values', () => {
  /** Text without what other decoders act on, with syntax in it. */
  const texts = fc
    .string({ unit: fc.constantFrom(...'abcxyzSELECT019 \t\'"<>();=|$*/.,:-_#!?é質'), minLength: 15, maxLength: 60 })
    .map((text) => `a'${text}z`);

  test.each(PLACES)('base64url in %s', (name, put) => {
    fc.assert(
      fc.property(texts, (text) => {
        const token = Buffer.from(text).toString('base64url');
        // A name of an XML element starts with a letter, and two signs at the start of a name are none.
        if (name === 'XML name' && !/^[A-Za-z]/.test(token)) return;
        expect(decoded(put(token))).toContain(canonicalizeValue(text));
      }),
      RUNS,
    );
  });

  test.each(PLACES.slice(0, 10))('hexadecimal in %s', (_, put) => {
    const text = "x' UNION SELECT /etc/passwd";
    expect(decoded(put(Buffer.from(text).toString('hex')))).toContain(text);
  });

  test.each(PLACES)('ids and words in %s are none', (_, put) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 40 }), (bytes) => {
        const id = Buffer.from(bytes).toString('base64url');
        expect(decoded(put(`a${id}`.replace(/^(.)[_-]+/, '$1x')))).toEqual([]);
        expect(decoded(put(`a${Buffer.from(bytes).toString('hex')}`))).toEqual([]);
      }),
      RUNS,
    );
    for (const word of [
      'customerFirstNameAndLast',
      'internationalization',
      'add-to-favorites-of-mine',
      'utm_source_platform_id',
    ]) {
      expect(decoded(put(word))).toEqual([]);
    }
  });
});

describe('blanks', () => {
  const rows = (count: number): string => Array.from({ length: count }, (_, i) => `'v${i}'=x`).join('\n');
  const readings = (body: string): string[] => canonical(post('text/plain', body)).fields.map(({ value }) => value);

  test('a long text is read again in part', () => {
    const text = `${rows(10)} ${'and so "it" went on in prose. '.repeat(200)}${rows(10)}`;
    const [whole, folded, ...more] = readings(text).filter((value) => value.includes("'=x"));
    expect(more).toEqual([]);
    expect(whole).toBe(text);
    expect(folded!.length).toBeLessThan(600);
    expect(folded).toContain("'v0'=x 'v1'=x");
    expect(folded).toContain("'v8'=x 'v9'=x");
  });

  test('the part has a bound', () => {
    const [, folded] = readings(rows(5000)).filter((value) => value.includes("'=x"));
    expect(folded!.length).toBeLessThanOrEqual(2048);
    expect(folded).not.toContain('\n');
  });

  test('a no-break space of Latin-1 is a blank', () => {
    const { fields } = canonical({ target: '/?q=1%27%a0or%a01=1' }, DEFAULT_LIMITS);
    expect(fields.at(-2)!.value).toBe("1' or 1=1");
  });
});

describe('words around', () => {
  const word = fc.constantFrom('lamp', 'our', 'Größe', 'it,', 'new.', '42', '本', "isn't", 'can’t.');
  const odd = fc.constantFrom("1'", '<b>', 'a=b', "x'", "o'r'x", '../etc', '{{7*7}}', '$(id)', '--', '-');
  const run = fc.array(word, { maxLength: 24 });
  const texts = fc
    .array(fc.tuple(run, odd), { minLength: 1, maxLength: 4 })
    .chain((parts) => run.map((last) => [...parts.flatMap(([words, sign]) => [...words, sign]), ...last].join(' ')));

  test('no reading loses what is odd, grows, or has another without words around', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const bare = withoutPadding(text);
        if (bare === undefined) return;
        expect(bare.length).toBeLessThan(text.length);
        expect(bare.split(' ').filter((token) => ODD_TOKEN.test(token))).toEqual(
          text.split(' ').filter((token) => ODD_TOKEN.test(token)),
        );
        expect(withoutPadding(bare)).toBeUndefined();
      }),
      RUNS,
    );
  });

  test('whatever the text, it ends soon', () => {
    const text = `${'a lamp '.repeat(40_000)}' OR 1=1${' for you'.repeat(40_000)}`;
    expect(withoutPadding(text)).toBe("lamp ' OR 1=1 for");
  });

  const ODD_TOKEN = /^(?!isn't$|can’t\.$).*[^\p{L}\p{N}.,]/u;
});

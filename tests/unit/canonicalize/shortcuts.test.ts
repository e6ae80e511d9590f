import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalizeValue } from '../../../src/canonicalize/canonicalize-value.js';
import { decodePercent } from '../../../src/canonicalize/decode/percent.js';
import { MARKERS } from '../../../src/canonicalize/markers.js';
import { isPlainName, readSimpleName } from '../../../src/canonicalize/plain-name.js';
import { suspicionOf } from '../../../src/canonicalize/suspicion.js';
import { traitsOf } from '../../../src/canonicalize/traits.js';

/** Long text is read from a copy, and what is rare in it is looked for in strides: nothing hangs on where it stands. */
const RUNS = { seed: 20_240_501, numRuns: 300 };
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...'abc XYZ 019 .,-_%&+\\/<{["\'\n\t\0é漢\ufffd\ue005\u2028') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
);
const pieces = fc.array(unit, { maxLength: 90 });
const OFFSETS = Array.from({ length: 90 }, (_, k) => k);

describe('a long text and its characters one by one', () => {
  test('have the same traits', () => {
    fc.assert(
      fc.property(pieces, (units) => {
        expect(traitsOf(units.join(''))).toBe(units.reduce((traits, one) => traits | traitsOf(one), 0));
      }),
      RUNS,
    );
    for (const length of [31, 32, 33, 16_384, 16_385, 40_000]) {
      expect(traitsOf(`${'a'.repeat(length - 1)}%`)).toBe(traitsOf('%'));
      expect(traitsOf(`{${'a'.repeat(length - 1)}`)).toBe(traitsOf('{'));
    }
  });

  test('hold as much syntax', () => {
    fc.assert(
      fc.property(pieces, (units) => {
        expect(suspicionOf(units.join(''))).toBe(units.reduce((marks, one) => marks + suspicionOf(one), 0));
      }),
      RUNS,
    );
    const long = `'${'a'.repeat(40_000)}'`;
    expect([suspicionOf(long), suspicionOf(long, 1), suspicionOf(long, 1, long.length - 1)]).toEqual([2, 1, 0]);
  });
});

describe('wherever it stands', () => {
  test.each([
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000', MARKERS.UUID],
    ['a time', '2024-05-01T12:00', MARKERS.TIME],
    ['a JWT', 'eyJhbGciOiJI1.eyJzdWIiOiIx.x', MARKERS.JWT],
    ['long base64', 'q83vASNFZ4mrze8B+0+Bh9NIDwAAAGc6wFsDWwN4', MARKERS.OPAQUE],
    ['a number', '12345', MARKERS.NUMBER],
  ])('%s is a placeholder', (_, id, marker) => {
    for (const before of OFFSETS) {
      const text = (middle: string): string => `${'a.'.repeat(45).slice(0, before)} ${middle} ${'b'.repeat(before)}`;
      expect(canonicalizeValue(text(id))).toBe(text(marker));
    }
  });

  test('base64 of less than 40 digits is none', () => {
    const id = 'q83vASNFZ4mrze8B+0+Bh9NIDwAAAGc6wFsDWwN';
    for (const before of OFFSETS) {
      const text = `${'a.'.repeat(45).slice(0, before)} ${id}`;
      expect(canonicalizeValue(text)).toContain('+0+');
    }
  });

  test('a run of more than 30 marks is broken', () => {
    for (const before of OFFSETS) {
      const marks = (count: number): string => canonicalizeValue(`${'x'.repeat(before)} ${'\u0320'.repeat(count)}`);
      expect(marks(30)).not.toContain('\u034f');
      expect(marks(31)).toContain('\u034f');
    }
  });
});

test('percent-decoding leaves what is no byte as it is', () => {
  fc.assert(
    fc.property(pieces, fc.boolean(), (units, plus) => {
      const text = units.join('').replaceAll('%', '.');
      expect(decodePercent(`${text}%41%zz%u00e9漢%`, plus)).toBe(
        `${plus ? text.replaceAll('+', ' ') : text}A%zz\xc3\xa9漢%`,
      );
    }),
    RUNS,
  );
  expect(decodePercent(`${'a'.repeat(20_000)}%ud83d%ude00`)).toBe(`${'a'.repeat(20_000)}\xf0\x9f\x98\x80`);
});

describe('a simple name', () => {
  test.each([
    ['rows[12][name]', false, 'rows[0][name]', false],
    ['rows%5B12%5D%5Bname%5D', true, 'rows[0][name]', false],
    ['a__b', false, 'a__b', false],
    ['[1][2][3][4]', false, '[0][0][0][0]', true],
    ['customerFirstName', false, 'customerFirstName', true],
    ['a.customerFirstName', false, 'a.customerFirstName', false],
    ['a.customerFirstNameOrLast', false, 'a.customerFirstNameOrLast', true],
    ['e.customerFirstName', false, 'e.customerFirstName', true],
  ])('%s', (name, escaped, folded, mayHide) => {
    expect(readSimpleName(name, escaped)).toEqual({ folded, mayHide });
  });

  test.each(['a b', 'a+b', 'é', 'a%u0041', 'a%4', "it's", 'x'.repeat(61)])('%s is none', (name) => {
    expect(readSimpleName(name, true)).toBeUndefined();
    expect(isPlainName(name)).toBe(false);
  });

  test('may be no plain one', () => {
    for (const name of ['a__b', 'a[b]', 'a[1', 'a]', '__proto__']) expect(isPlainName(name)).toBe(false);
    for (const name of ['a_b', 'a[1]', 'a[]', 'a.b-c', '']) expect(isPlainName(name)).toBe(true);
  });
});

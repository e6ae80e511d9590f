import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textInBase64 } from '../../../src/canonicalize/decode/base64.js';
import { bytesToText } from '../../../src/canonicalize/decode/charset.js';
import { withoutComments } from '../../../src/canonicalize/decode/comments.js';
import { decodeEbcdic } from '../../../src/canonicalize/decode/ebcdic.js';
import { encodedRuns } from '../../../src/canonicalize/decode/encoded-runs.js';
import { decodeEscapes } from '../../../src/canonicalize/decode/escapes.js';
import { textInHex } from '../../../src/canonicalize/decode/hex.js';
import { decodeHtmlEntities } from '../../../src/canonicalize/decode/html-entities.js';
import { withoutNuls } from '../../../src/canonicalize/decode/nul.js';
import { decodePercent } from '../../../src/canonicalize/decode/percent.js';
import { normalizeUnicode } from '../../../src/canonicalize/decode/unicode.js';
import { decodeUtf7 } from '../../../src/canonicalize/decode/utf7.js';
import { bytes, PIECES, text } from './pieces.js';

const SEED = { seed: 20_240_502, numRuns: 600 };

/** A decoder as something that makes a text of a text: the text itself where there is nothing to undo. */
interface Step {
  readonly name: string;
  readonly decode: (text: string) => string;
  /** Most UTF-16 units that come out of one. */
  readonly growth: number;
  /** Something that the decoder may undo has one of these; without any the text must come back as it is. */
  readonly trigger: RegExp;
}

const STEPS: readonly Step[] = [
  { name: 'percent', decode: (value) => decodePercent(value), growth: 1, trigger: /%/ },
  { name: 'percent and plus', decode: (value) => decodePercent(value, true), growth: 1, trigger: /[%+]/ },
  // `&nGt;` and its like are two characters; none has more than its reference.
  { name: 'HTML entities', decode: decodeHtmlEntities, growth: 1, trigger: /&/ },
  { name: 'escapes', decode: decodeEscapes, growth: 1, trigger: /\\/ },
  { name: 'UTF-7', decode: decodeUtf7, growth: 1, trigger: /\+A/ },
  // U+FDFA is eighteen letters (UAX #15), and what is no surrogate pair is one U+FFFD.
  { name: 'Unicode', decode: (value) => normalizeUnicode(value).text, growth: 18, trigger: /[^\x00-\x7f]/ },
  { name: 'base64', decode: (value) => textInBase64(value) ?? value, growth: 1, trigger: /[A-Za-z0-9+/_-]{8}/ },
  { name: 'hexadecimal', decode: (value) => textInHex(value) ?? value, growth: 1, trigger: /[0-9A-Fa-f]{16}/ },
  { name: 'zero bytes', decode: (value) => withoutNuls(value) ?? value, growth: 1, trigger: /\0/ },
  { name: 'comments apart', decode: (value) => withoutComments(value)[0] ?? value, growth: 1, trigger: /\/\*|<!--/ },
  { name: 'comments glued', decode: (value) => withoutComments(value)[1] ?? value, growth: 1, trigger: /\/\*|<!--/ },
];

/** Long texts of one piece, or of two by turns: what is linear passes them in milliseconds, a square in hours. */
const LONG: readonly string[] = PIECES.flatMap((piece, i) => [
  piece.repeat(Math.ceil(200_000 / piece.length)),
  (piece + PIECES[(i * 7 + 3) % PIECES.length]!).repeat(10_000),
]);

describe.each(STEPS)('the decoder of $name', ({ decode, growth, trigger }) => {
  test('takes any text, makes no more of it than it may, and comes to an end', () => {
    fc.assert(
      fc.property(fc.oneof(text, bytes), (value) => {
        let last = value;
        // Each round that changes anything undoes at least one unit of an encoding.
        for (let round = 0; round <= value.length; round++) {
          const next = decode(last);
          expect(next.length).toBeLessThanOrEqual(growth * last.length);
          if (next === last) break;
          last = next;
        }
        expect(decode(last)).toBe(last);
      }),
      SEED,
    );
  });

  test('leaves alone what has nothing of its own in it', () => {
    fc.assert(
      fc.property(fc.oneof(text, bytes), (value) => {
        fc.pre(!trigger.test(value));
        expect(decode(value)).toBe(value);
      }),
      SEED,
    );
  });

  test('is linear', () => {
    for (const value of LONG) expect(decode(value).length).toBeLessThanOrEqual(growth * value.length);
  });
});

describe('bytes', () => {
  test('become well-formed text, never longer than they are, and ASCII stays as it is', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const read = bytesToText(value);
        expect(read.isWellFormed()).toBe(true);
        expect(read.length).toBeLessThanOrEqual(value.length);
        if (!/[\x80-\xff]/.test(value)) expect(read).toBe(value);
      }),
      SEED,
    );
    for (const value of LONG.filter((one) => !/[^\x00-\xff]/.test(one))) bytesToText(value);
  });

  test('of EBCDIC become one character each', () => {
    for (const page of ['ibm037', 'ibm500'] as const) {
      fc.assert(
        fc.property(bytes, (value) => {
          expect(decodeEbcdic(Buffer.from(value, 'latin1'), page)).toHaveLength(value.length);
        }),
        SEED,
      );
    }
  });

  test('that may hide text are cut out of what stands around them, in order and without overlap', () => {
    fc.assert(
      fc.property(text, (value) => {
        let at = 0;
        for (const run of encodedRuns(value)) {
          const found = value.indexOf(run, at);
          expect(found).toBeGreaterThanOrEqual(at);
          expect(run).toMatch(/^[A-Za-z0-9+/_-]{16,}={0,2}$/);
          at = found + run.length;
        }
      }),
      SEED,
    );
    for (const value of LONG) encodedRuns(value);
  });
});

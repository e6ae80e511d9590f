import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inflate } from '../../../src/canonicalize/body/inflate.js';

const MAX = 1_048_576;
const read = (body: Buffer, max = MAX) => inflate(body, 'zstd', max);

/** By the reference encoder, level 19: two blocks with codes of their own, four streams of literals, a checksum. */
const STREAM = readFileSync(new URL('../../fixtures/squares.zst', import.meta.url));
const TEXT = Array.from({ length: 600 }, (_, i) => `k${i}=${i * i}'`).join('&');
/** What the first of the two blocks holds, and where it ends. */
const FIRST_BLOCK = { length: 3000, end: 6 + 3 + 940 };

const RAW = 0;
const ONE_BYTE = 1;
const COMPRESSED = 2;

function block(type: number, content: Buffer, size = content.length): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE(size * 8 + type * 2, 0, 3);
  return Buffer.concat([header, content]);
}

/** Without the last block that an encoder ends a frame with: such a stream breaks off, which is no error. */
function frame(header: readonly number[], ...blocks: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...header]), ...blocks]);
}

const SINGLE = 0x20;
const EIGHT_BYTES = 0xc0;
/** No flags, a window of 8 MB. */
const LARGEST = [0, 13 << 3];
const HIT = block(RAW, Buffer.from("it's"));

describe('what is read', () => {
  test('a stream of the reference encoder', () => {
    const { bytes, unread, failed } = read(STREAM);
    expect(bytes.toString()).toBe(TEXT);
    expect({ unread, failed }).toEqual({ unread: 0, failed: undefined });
  });

  test('frames one after another, and none of what is skipped between', () => {
    const skipped = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const { bytes, unread, failed } = read(Buffer.concat([skipped, STREAM, skipped, STREAM]));
    expect(bytes.toString()).toBe(TEXT + TEXT);
    expect({ unread, failed }).toEqual({ unread: 0, failed: undefined });
  });

  test('of a stream that breaks off, the blocks that are whole', () => {
    for (let length = 4; length < STREAM.length; length++) {
      const { bytes, unread, failed } = read(STREAM.subarray(0, length));
      // The last four bytes are the checksum.
      const whole = length < FIRST_BLOCK.end ? 0 : length < STREAM.length - 4 ? FIRST_BLOCK.length : TEXT.length;
      expect(bytes.toString()).toBe(TEXT.slice(0, whole));
      expect(failed).toBeUndefined();
      if (whole === FIRST_BLOCK.length) expect(unread).toBe(length - FIRST_BLOCK.end);
    }
  });

  test('of a damaged stream, the blocks before the damage', () => {
    const damaged = Buffer.from(STREAM);
    damaged[damaged.length - 5] = 0;
    const { bytes, unread, failed } = read(damaged);
    expect(bytes.toString()).toBe(TEXT.slice(0, FIRST_BLOCK.length));
    expect(failed).toBe('malformed');
    expect(unread).toBe(STREAM.length - FIRST_BLOCK.end - 3);
  });

  test('a tampered stream that the reference decoder puts up with', () => {
    // Literals do not end where their streams do; the text is what libzstd 1.5.7 makes of it.
    const tampered =
      'KLUv/QAA7QUAhlEuGmAvyANwAeW2lGy5DNhgSNmoPoIxco8KglsBJgAmACgAeXx7w4ilbyW+3QHgIMjM6+r3Q5tCko1O7eDZVrXeMFopPuds0xiVyN0T' +
      'QjHiJUZ4+07Czm9YP5bmAioZHYvjyCDT6TLccKpRpUJc3gG2U+vcQ1N7+KcKfQDKmP+82iLEizbXPjUXU85+UcPgE6mlYNdoCwHvfXatth7sc4S/' +
      'xWVJUlOeJT3HaLx9c+yYm4fUsPNcVR0NPR8A';
    const text =
      "cjejdi'hi=pfeN'=ffgai'chafb aidVfaj;'b'=b='ea <h#*ggbi fj'f=ccie'gbibdgigcc= ffefdie'8=jh ice bOrh a fc5ijrh'=ca''ha" +
      "?hbjgi^cdbcci=1njjicd=Ia5g agg(daf  'iIef~'aboi=ij 'jf'ejHi ^aj='h''ee=#TfGfb'ihg=ecbgdjafbai&'d' ec'===bhdjcaf hdgd" +
      "c'ahe'jgiacibhf ghd j dkigcgb'c bhjchfjfg=jd'gj'";
    expect(read(Buffer.from(tampered, 'base64'))).toMatchObject({ unread: 0, failed: undefined });
    expect(read(Buffer.from(tampered, 'base64')).bytes.toString()).toBe(text);
  });

  test('no claim about the size counts', () => {
    const claim = [0, 0, 0, 0, 0, 0, 0, 0x10];
    const { bytes, failed } = read(frame([EIGHT_BYTES, 0, ...claim], HIT));
    expect(bytes.toString()).toBe("it's");
    expect(failed).toBeUndefined();
    // Memory is by what comes out.
    expect(bytes.buffer.byteLength).toBeLessThan(65_536);
  });
});

describe('what is refused', () => {
  const refused = (body: Buffer) => {
    const { bytes, failed } = read(body);
    expect({ length: bytes.length, failed }).toEqual({ length: 0, failed: 'malformed' });
  };

  test('windows of more than 8 MB', () => {
    expect(read(frame(LARGEST, HIT)).bytes.toString()).toBe("it's");
    refused(frame([0, (13 << 3) | 1], HIT));
    refused(frame([0, 0xff], HIT));
    // One segment: its size is the window.
    expect(read(frame([SINGLE | 0x80, 0, 0, 0x80, 0], HIT)).bytes.toString()).toBe("it's");
    refused(frame([SINGLE | 0x80, 1, 0, 0x80, 0], HIT));
    refused(frame([SINGLE | EIGHT_BYTES, 0, 0, 0, 0, 0, 0, 0, 0x10], HIT));
  });

  test('dictionaries, reserved flags and blocks, and what is no zstd', () => {
    expect(read(frame([1, 0, 0], HIT)).bytes.toString()).toBe("it's");
    refused(frame([1, 0, 7], HIT));
    refused(frame([8, 0], HIT));
    refused(frame([0, 0], block(3, Buffer.from("it's"))));
    refused(Buffer.from("a=it's"));
    refused(Buffer.from('a='));
  });

  test('codes that would never come to an end', () => {
    // Weights of a Huffman code, by a code of one symbol, which takes no bits.
    const endless = [0x82, 0x40, 0x01, 4, 0xf0, 0x03, 0xff, 0x80, 1, 1, 0, 0];
    refused(frame(LARGEST, block(COMPRESSED, Buffer.from(endless))));
    // 98,047 sequences of 131,074 bytes and more, out of no bits at all.
    const long = [0, 255, 255, 255, 0b01010100, 35, 2, 52, 1];
    refused(frame(LARGEST, block(COMPRESSED, Buffer.from(long))));
  });
});

describe('the bound', () => {
  const repeated = (body: Buffer, times: number) => new Array<Buffer>(times).fill(body);

  test('holds to the byte, and the first part is read', () => {
    const bomb = frame(LARGEST, HIT, ...repeated(block(ONE_BYTE, Buffer.from('x'), 131_072), 100));
    for (const max of [1, 4, 5, 131_075, 131_076, 131_077, MAX]) {
      const { bytes, unread, failed } = read(bomb, max);
      expect(bytes.equals(Buffer.from(`it's${'x'.repeat(max)}`.slice(0, max)))).toBe(true);
      expect(failed).toBe('too_large');
      expect(unread).toBeGreaterThan(0);
    }
    expect(read(STREAM, TEXT.length)).toMatchObject({ unread: 0, failed: undefined });
    expect(read(STREAM, TEXT.length - 1)).toMatchObject({ failed: 'too_large' });
    expect(read(STREAM, TEXT.length - 1).bytes.toString()).toBe(TEXT.slice(0, -1));
  });

  test('counts codes that next to nothing comes out of', () => {
    // One literal, and one sequence by three codes of the largest size.
    const codes = [1 << 3, 97, 1, 0b10101000, 0xf4, 0x3f, 0xf3, 0x1f, 0xf4, 0x3f, 0, 0, 0, 4];
    const costly = block(COMPRESSED, Buffer.from(codes));
    const few = read(frame(LARGEST, HIT, ...repeated(costly, 10)));
    expect(few).toMatchObject({ unread: 0, failed: undefined });
    expect(few.bytes.length).toBe(4 + 10 * 4);
    const many = read(frame(LARGEST, HIT, ...repeated(costly, 60_000)));
    expect(many.failed).toBe('too_large');
    expect(many.bytes.length).toBeLessThan(20_000);
  });

  test('and whatever comes in, nothing is thrown', () => {
    let seed = 1;
    const below = (count: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * count);
    };
    let failures = 0;
    for (let turn = 0; turn < 4000; turn++) {
      const mutated = Buffer.from(STREAM);
      for (let i = below(3); i >= 0; i--) mutated[below(below(2) === 0 ? 60 : mutated.length)] = below(256);
      const max = below(2) === 0 ? MAX : below(TEXT.length);
      const { bytes, unread, failed } = read(mutated.subarray(0, mutated.length - below(20)), max);
      if (failed !== undefined) failures++;
      expect(bytes.length).toBeLessThanOrEqual(max);
      expect(unread).toBeGreaterThanOrEqual(0);
      expect(unread).toBeLessThanOrEqual(mutated.length);
    }
    expect(failures).toBeGreaterThan(1000);
  });
});

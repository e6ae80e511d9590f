import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProtobuf } from '../../../src/canonicalize/body/protobuf.js';
import { asMessage } from '../../evasion/as-message.js';
import { PAYLOADS } from '../../evasion/payloads.js';

const RUNS = { seed: 20_261_123, numRuns: 1500 };

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const varint = (value: number): string =>
  value < 128 ? String.fromCharCode(value) : String.fromCharCode((value % 128) | 128) + varint(Math.floor(value / 128));
const field = (number: number, content: string): string => varint(number * 8 + 2) + varint(content.length) + content;
const int = (number: number, value: number): string => varint(number * 8) + varint(value);
const float64 = (number: number, value: number): string => {
  const content = Buffer.alloc(8);
  content.writeDoubleLE(value);
  return varint(number * 8 + 1) + content.toString('latin1');
};

/** Paths and values, a tilde before those that are further readings. */
const read = (message: string, maxDepth = 16, cut = false): string[] | undefined =>
  readProtobuf(bytes(message), maxDepth, cut)?.map(({ path, bytes, again }) => `${again ? '~' : ''}${path}=${bytes}`);

describe('a field of text', () => {
  test('that parses as a message of numbers', () => {
    for (const text of ["1' or 1=1 -- -\x01x", "x'  UNION SELECT  username,    password      \tFROM  users-- -x\x01"]) {
      const found = `~=${text.replace('\x01', ' ').replace(/ x$/, '').trimEnd()}`;
      expect(read(field(1, text))).toEqual([found]);
      expect(read(field(1, field(2, field(3, text) + int(4, 1))))![0]).toContain(found);
    }
  });

  test('that parses as a message of other texts', () => {
    const [one, other] = ["x' UNION SELECT/*...............*/", ' password FROM users where 1=1-- -'];
    const text = `B"${one}b"${other}x\x01`;
    expect(read(field(1, text))).toEqual([`1.8=${one}`, `1.12=${other}`, `~=B"${one}b"${other}x`]);
  });

  test('that parses as a message of a text behind a quote', () => {
    const rest = 'or 1=1-- and more words to fill the lin';
    for (const numbers of ['', int(1, 1).repeat(60)]) {
      expect(read(field(1, `2'${rest}x\x01${numbers}`))).toEqual([`1.6=${rest}`, `~=2'${rest}x`]);
    }
    // A comma ends no string.
    const shorter = rest.slice(3).padEnd(44, '.');
    expect(read(field(1, `2,${shorter}x\x01${int(1, 1).repeat(60)}`))).toEqual([`1.6=${shorter}`]);
  });

  test.each([
    ['control characters', "1'\x01or\x02sleep(5)\x03--\x04-", "~=1' or sleep(5) --"],
    ['vertical tabs', "1'\x0bor\x0b1=1\x0b--\x0b-", "~=1' or 1=1 -- -"],
    ['comments of them', "1'/*\x01\x02*/or/*\x03*/1=1#", "~=1'/*  */or/* */1=1#"],
    ['UTF-16', "1\0'\0 \0o\0r\0 \x001\0=\x001\0", "~=1' or 1=1"],
    ['full width', '1＇ or 1＝1', '~=1＇ or 1＝1'],
  ])('with %s in it, among numbers', (_, text, found) => {
    const content = Buffer.from(text, 'utf8').toString('latin1');
    const wanted = Buffer.from(found, 'utf8').toString('latin1');
    expect(read(field(1, content + int(1, 1).repeat(30)))!.map((value) => value.slice(0, wanted.length))).toEqual([
      wanted,
    ]);
  });

  test('that is a message, too, is both, a text within it once', () => {
    const wrapped = '\n$550e8400-e29b-41d4-a716-446655440000';
    expect(read(field(3, wrapped))).toEqual([`3=${wrapped}`, `~3.1=${wrapped.slice(2)}`]);
    expect(read(field(3, field(4, wrapped)))).toEqual([`3="&${wrapped}`, `~3.4.1=${wrapped.slice(2)}`]);
  });

  test('that is written to pass for a message is read', () => {
    const texts = PAYLOADS.filter((payload) => payload.class === 'sql').map(({ text }) => asMessage(`${text} -- -`));
    const written = texts.filter((text) => text !== undefined);
    expect(written.length).toBeGreaterThan(2);
    for (const text of written) {
      expect(read(text)).toEqual([expect.stringContaining(text.slice(0, text.indexOf('\x01')))]);
    }
  });
});

describe('what some parser takes', () => {
  const tail = field(2, "it's");
  test.each([
    ['a group', `\x0b${int(1, 1)}${tail}\x0c`, ["2=it's"]],
    ['groups ended by other numbers', `\x0b\x13${tail}\x0c\x1c${tail}`, ["2=it's", "2=it's"]],
    ['field number 0', `\x00\x01\x02\x02it${tail}`, ['0=it', "2=it's"]],
    ['the highest field number', `\xfa\xff\xff\xff\x0f\x02it`, ['536870911=it']],
    ['a tag of more than 32 bits', `\x8a\x80\x80\x80\x10\x02it${tail}`, ['1=it', "2=it's"]],
    ['a length of more than 32 bits', `\x0a\x82\x80\x80\x80\x10it${tail}`, ['1=it', "2=it's"]],
    ['overlong tag and length', `\x8a\x80\x80\x80\x80\x80\x00\x82\x80\x00it${tail}`, ['1=it', "2=it's"]],
    ['a number without end', `\x08${'\xff'.repeat(40)}\x01${tail}`, ["2=it's"]],
  ])('%s', (_, message, values) => {
    expect(read(message)).toEqual(values);
  });

  test.each([
    ['a length beyond the end', '\x0a\x05it'],
    ['a number that breaks off', '\x08\x80'],
    ['a fixed number that breaks off', '\x0d\x01'],
    ['a tag that breaks off', `${field(1, 'it')}\x8a`],
    ['a group without end', '\x0b\x08\x01'],
    ['an end of no group', '\x0c'],
    ['wire type 6', '\x0e\x01'],
    ['wire type 7', '\x0f\x01'],
  ])('not %s', (_, message) => {
    expect(read(message)).toBeUndefined();
  });

  test.each([
    ['in a text', "\x0a\x20it's", ["1=it's"]],
    ['in a message', "\x0a\x60\x12\x20it's", ["1.2=it's"]],
    ['in a number', `${field(1, "it's")}\x10\x80`, ["1=it's"]],
    ['in a length', `${field(1, "it's")}\x12\x80`, ["1=it's"]],
    ['in a group', `\x0b${field(1, "it's")}`, ["1=it's"]],
  ])('nor is what is cut off %s lost', (_, message, values) => {
    expect(read(message, 16, true)).toEqual(values);
  });
});

describe('numbers', () => {
  test('packed, of fixed size and in rows are no text', () => {
    const floats = [0.5, 12.75, 99, -1.25].map((value) => {
      const content = Buffer.alloc(4);
      content.writeFloatLE(value);
      return content.toString('latin1');
    });
    expect(read(field(1, floats.join('')))).toEqual([]);
    expect(read(field(1, float64(1, 53.34) + float64(2, -6.26)))).toEqual([]);
    expect(read(field(1, int(1, 1_700_000_000) + int(2, 500_000_000)))).toEqual([]);
    expect(read(int(4, 45) + int(5, 60) + int(6, 99) + int(7, 3) + int(8, 12))).toEqual([]);
  });

  test('are text seldom', () => {
    const number = fc.oneof(
      fc.tuple(fc.constant(int), fc.oneof(fc.nat(40), fc.nat(1000), fc.nat(2_000_000_000))),
      fc.tuple(fc.constant(float64), fc.double({ noNaN: true, min: -500, max: 500 })),
    );
    const messages = fc.sample(fc.array(number, { minLength: 1, maxLength: 12 }), { seed: RUNS.seed, numRuns: 1000 });
    const written = messages.map((numbers) => numbers.map(([write, value], i) => write(i + 1, value)).join(''));
    expect(written.filter((message) => read(message)!.length > 0).length).toBeLessThan(50);
  });
});

describe('whatever the message', () => {
  const control = fc.constantFrom('\x00', '\x01', '\x02', '\x07', '\x0b', '\x0c', '\x1f', '\x7f', '\x80', '\xa0');
  const payload = fc.constantFrom(...PAYLOADS.map(({ text }) => text), "1' or 1=1 -- -", "' or sleep(5)  ##", '$(id)');
  const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  /** Text that parses as fields, but for the wire types that its characters do not have. */
  const fields = fc
    .array(
      fc.oneof(
        fc.tuple(
          fc.constantFrom(...' (08@HPX`hpx'),
          printable.map((text) => (text || '~')[0]!),
        ),
        fc.tuple(
          fc.constantFrom(...'!)19AIQYaiqy'),
          printable.map((text) => `${text}'#/*=-- `.slice(0, 8)),
        ),
        fc.tuple(
          fc.constantFrom(...'%-5=EMU]emu}'),
          printable.map((text) => `${text}'--#`.slice(0, 4)),
        ),
        fc.tuple(
          fc.constantFrom(...'"*2:BJRZbjrz'),
          payload.map((text) => `\t${text.padEnd(9, '#').slice(0, 9)}`),
        ),
        fc.tuple(fc.constantFrom('x', '\x08', '('), control),
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((all) => all.flat().join(''));
  const text = fc.oneof(
    fields,
    payload,
    fc.tuple(payload, control, printable).map((parts) => parts.join('')),
    fc.array(fc.oneof(printable, payload, control), { maxLength: 8 }).map((parts) => parts.join('')),
  );
  const number = fc.integer({ min: 1, max: 20 });
  const { message } = fc.letrec<{ message: string; content: string }>((tie) => ({
    content: fc.oneof({ maxDepth: 8 }, text, tie('message')),
    message: fc
      .array(
        fc.oneof(
          fc.tuple(number, tie('content')).map(([of, content]) => field(of, content)),
          fc.tuple(number, tie('content')).map(([of, content]) => field(of, content)),
          fc.tuple(number, fc.nat(200)).map(([of, value]) => int(of, value)),
          fc.tuple(number, fc.double()).map(([of, value]) => float64(of, value)),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map((all) => all.join('')),
  }));
  const outermost = fc.oneof(message, fields);

  /** Up to three bytes around one value are its tag and length, and the tag behind it. */
  const isHeld = (run: string, values: readonly string[]): boolean =>
    [0, 1, 2, 3].some((before) =>
      [0, 1, 2, 3]
        .slice(0, 4 - before)
        .some((behind) => values.some((value) => value.includes(run.slice(before, run.length - behind)))),
    );

  test('every printable run of eight bytes stands in a value', () => {
    let passed = 0;
    fc.assert(
      fc.property(outermost, fc.integer({ min: 1, max: 16 }), (bytesOf, maxDepth) => {
        const values = readProtobuf(bytes(bytesOf), maxDepth)?.map((value) => value.bytes);
        if (values === undefined) return;
        passed++;
        for (const [run] of bytesOf.matchAll(/[\x20-\x7e\t\r\n]{8,}/g)) {
          if (!isHeld(run, values)) expect(values).toContain(run);
        }
      }),
      RUNS,
    );
    expect(passed).toBeGreaterThan(RUNS.numRuns / 2);
  });

  test('values are at most thrice the bytes', () => {
    fc.assert(
      fc.property(outermost, (bytesOf) => {
        const values = readProtobuf(bytes(bytesOf), 16) ?? [];
        expect(values.reduce((sum, value) => sum + value.bytes.length, 0)).toBeLessThanOrEqual(3 * bytesOf.length);
      }),
      RUNS,
    );
  });

  test('a cut message is read like the whole as far as it goes', () => {
    fc.assert(
      fc.property(message, fc.nat(100), (bytesOf, end) => {
        const cut = bytesOf.slice(0, end);
        const values = readProtobuf(bytes(cut), 16, true)!.map((value) => value.bytes);
        for (const [run] of cut.matchAll(/[\x20-\x7e\t\r\n]{8,}/g)) expect(isHeld(run, values)).toBe(true);
      }),
      RUNS,
    );
  });

  test('hostile nesting ends soon', () => {
    let nested = `*\x01a${int(1, 1)}`.repeat(20_000);
    for (let i = 0; i < 40; i++) nested = field(4, nested);
    expect(read(nested)!.length).toBeLessThan(10);
    expect(read('\x0b'.repeat(500_000))).toBeUndefined();
    expect(read(field(4, '"\x02x\x01').repeat(50_000))).toEqual([]);
  });
});

import { createHash } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import type { CanonicalizeLimits } from '../../../src/canonicalize/limits.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { canonical, post, shown } from './requests.js';

const read = (request: ReturnType<typeof post>, limits: Partial<CanonicalizeLimits> = {}) =>
  canonicalize(request, { ...DEFAULT_LIMITS, ...limits });
const FORM = 'application/x-www-form-urlencoded';

describe('nothing is cut within the limits', () => {
  test('every byte is counted once', () => {
    const request = post(FORM, "a=it's&b=2", { target: '/x?q=%27', host: '' });
    const { bytesInspected, bytesReceived, truncated, limits } = read(request);
    expect(bytesReceived).toBe('/x?q=%27'.length + 'content-type'.length + FORM.length + "a=it's&b=2".length);
    expect({ bytesInspected, truncated, limits }).toEqual({
      bytesInspected: bytesReceived,
      truncated: false,
      limits: [],
    });
  });
});

describe('maxBodyBytes', () => {
  test('bites one byte above, and counts that byte', () => {
    expect(read(post('text/plain', "'".repeat(100)), { maxBodyBytes: 100 }).truncated).toBe(false);
    const over = read(post('text/plain', "'".repeat(101)), { maxBodyBytes: 100 });
    expect(over).toMatchObject({ truncated: true, limits: ['body_bytes'] });
    expect(over.bytesReceived - over.bytesInspected).toBe(1);
    expect(shown(over)).toEqual([`[BODY][VALUE]${"'".repeat(100)}`]);
  });

  const packed = (coding: string, body: Buffer) =>
    read(
      post(FORM, body, {
        headers: [
          ['content-type', FORM],
          ['content-encoding', coding],
        ],
      }),
    );

  test('also bounds what a compressed body unfolds to; its first part is read', () => {
    for (const [coding, pack] of [['gzip', gzipSync] as const, ['br', brotliCompressSync] as const]) {
      const bomb = pack(Buffer.concat([Buffer.from("a=it's&b="), Buffer.alloc(64 * 1024 * 1024, 'x')]));
      const bombed = packed(coding, bomb);
      expect(bombed.truncated).toBe(true);
      expect(bombed.limits).toContain('content_encoding');
      expect(shown(bombed)[0]).toBe('[BODY][MALFORMED]content-encoding[VALUE]too_large');
      if (coding === 'gzip') expect(shown(bombed)[1]).toBe("[BODY]a[VALUE]it's");
      expect(bombed.bytesInspected).toBeLessThan(bombed.bytesReceived);
      expect(bombed.bytesReceived - bombed.bytesInspected).toBeLessThanOrEqual(bomb.length + 2);
    }
  });

  test('a damaged stream is read up to the damage', () => {
    const whole = gzipSync(Array.from({ length: 4000 }, (_, i) => `k${i}=${i * i}'`).join('&'));
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, damaged.length >> 1, (damaged.length >> 1) + 64);
    const { fields, limits, uninspected } = packed('gzip', damaged);
    expect(limits).toContain('content_encoding');
    expect(fields.some(({ value }) => value === "100'")).toBe(true);
    const unread = uninspected!.get('content_encoding')!;
    expect(unread).toBeGreaterThan(damaged.length >> 2);
    expect(unread).toBeLessThan(damaged.length);
  });

  test('what follows the end of a stream is counted', () => {
    const body = Buffer.concat([gzipSync("a=it's"), Buffer.from("b=hidden'")]);
    // zlib looks one byte ahead for another member.
    expect(packed('gzip', body).uninspected).toEqual(new Map([['content_encoding', "=hidden'".length]]));
  });

  test('the head of a compressed body that breaks off is read', () => {
    const packed = gzipSync(`a=it's ${Array.from({ length: 2000 }, (_, i) => i * i).join(' ')}`);
    const request = post(FORM, packed.subarray(0, 500), {
      headers: [
        ['content-type', FORM],
        ['content-encoding', 'gzip'],
      ],
      bodyBytesReceived: packed.length,
    });
    const { fields, limits, truncated } = read(request);
    expect(fields[0]!.value).toMatch(/^it's 0 1 4 9 /);
    expect({ limits, truncated }).toEqual({ limits: ['proxy_truncated'], truncated: true });
  });
});

describe('maxFields', () => {
  const query = (count: number): string => `/?${Array.from({ length: count }, (_, i) => `p${i}=v'`).join('&')}`;

  test('the rest is one more field of the zone, and inspected', () => {
    expect(shown(canonical({ target: query(4) }, { maxFields: 4 }))).toHaveLength(4);
    const over = canonical({ target: query(6) }, { maxFields: 4 });
    expect(shown(over)).toEqual([...'abcd'].map(() => "[QUERY]p0[VALUE]v'").concat("[QUERY][VALUE]p0=v' p0=v'"));
    expect(over).toMatchObject({ truncated: false, limits: ['fields'], bytesInspected: over.bytesReceived });
  });

  test('the overflow is bounded, and counted beyond', () => {
    const over = canonical({ target: query(100) }, { maxFields: 4, maxValueBytes: 50 });
    expect(over.fields.find(({ value }) => value.startsWith('p0='))!.value.length).toBeLessThanOrEqual(50);
    expect(over.truncated).toBe(true);
  });

  test('of a path through a document, its last step counts', () => {
    const item = (i: number): unknown => ({ path: { to: { it: `v' ${String.fromCharCode(97 + (i % 26))}` } } });
    const body = JSON.stringify({ long: { way: Array.from({ length: 400 }, (_, i) => item(i)) } });
    const over = read(post('application/json', body), { maxFields: 4, maxValueBytes: 1000 });
    // 4 fields and some 30 of the overflow are read; each of the others is `it`, its value and what divides them.
    const left = over.uninspected!.get('fields')!;
    expect(left % "it=v' a".length).toBe(0);
    expect(left / "it=v' a".length).toBeGreaterThan(350);
    expect(left / "it=v' a".length).toBeLessThan(396);
  });

  test('the structure keeps its place', () => {
    const { fields } = canonical({ target: query(100) }, { maxFields: 4 });
    expect(fields.filter(({ zone }) => zone === 'structure')).toHaveLength(1);
  });

  test('10,000 parameters', () => {
    const over = canonical({ target: query(10_000) });
    expect(over.fields).toHaveLength(DEFAULT_LIMITS.maxFields + 2);
    expect(over.limits).toEqual(['fields']);
  });
});

describe('maxDepth', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}"it's"${']'.repeat(depth)}`;

  test('JSON bites one level above; the rest is read as text', () => {
    expect(read(post('application/json', nested(3)), { maxDepth: 3 })).toMatchObject({ limits: [] });
    const over = read(post('application/json', nested(4)), { maxDepth: 3 });
    expect(over).toMatchObject({ limits: ['depth'], truncated: false });
    expect(shown(over)).toEqual([`[BODY][MALFORMED][VALUE]["it's"]]]]`]);
  });

  test('JSON 10,000 deep', () => {
    const deep = read(post('application/json', nested(10_000)));
    expect(deep.limits).toEqual(['depth']);
    expect(shown(deep)[0]).toContain("it's");
    expect(shown(read(post('text/plain', nested(10_000))))[0]).toContain("it's");
  });

  test('base64 in base64 ends at the limit', () => {
    let value = "' or 1=1 -- payload";
    for (let i = 0; i < 5; i++) value = Buffer.from(value).toString('base64');
    const target = `/?q=${encodeURIComponent(value)}`;
    expect(shown(canonical({ target }))[0]).toBe("[DECODED][DEPTH]q[VALUE]' or 1=1 -- payload");
    const over = canonical({ target }, { maxDepth: 3 });
    expect(over.limits).toEqual(['depth']);
    expect(shown(over)).toHaveLength(4);
  });
});

describe('maxDecodeSteps', () => {
  const encoded = (times: number): string => {
    let value = "'";
    for (let i = 0; i < times; i++) value = value.replaceAll('%', '%25').replaceAll("'", '%27');
    return `/?q=${value}`;
  };

  test('bites when the fixed point is further away', () => {
    expect(canonical({ target: encoded(3) }, { maxDecodeSteps: 4 })).toMatchObject({ limits: [] });
    expect(shown(canonical({ target: encoded(3) }, { maxDecodeSteps: 4 }))).toEqual(["[QUERY][DEPTH]q[VALUE]'"]);
    const over = canonical({ target: encoded(6) }, { maxDecodeSteps: 4 });
    expect(over.limits).toEqual(['decode_steps']);
    expect(shown(over)).toEqual(['[QUERY][DEPTH]q[VALUE]%2527']);
  });
});

describe('maxValueBytes', () => {
  test('keeps head and tail, and counts the middle', () => {
    expect(canonical({ target: `/?q=${"'".repeat(40)}` }, { maxValueBytes: 40 }).limits).toEqual([]);
    const over = canonical({ target: `/?q=head'${'m'.repeat(60)}'tail` }, { maxValueBytes: 40 });
    expect(over).toMatchObject({ truncated: true, limits: ['value_bytes'] });
    expect(over.bytesReceived - over.bytesInspected).toBe(30);
    expect(shown(over)).toEqual([`[QUERY]q[VALUE]head'${'m'.repeat(25)}${'m'.repeat(5)}'tail`]);
  });

  test('1 MB path', () => {
    const target = `/${'a'.repeat(1 << 20)}/../etc/passwd`;
    const over = canonical({ target });
    expect(over.bytesInspected).toBe(DEFAULT_LIMITS.maxValueBytes);
    expect(shown(over)[0]!.endsWith('/../etc/passwd')).toBe(true);
  });
});

describe('binary', () => {
  const junk = Buffer.alloc(200);
  const part = (content: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from('--XX\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n'),
      content,
      Buffer.from('\r\n--XX--'),
    ]);
  const MULTIPART = 'multipart/form-data; boundary=XX';

  test('printable runs of the head are read, the rest is counted', () => {
    const over = read(post(MULTIPART, part(Buffer.concat([junk, Buffer.from("it's a payload"), Buffer.alloc(5000)]))));
    expect(shown(over)).toContain("[PRINTABLE]f[VALUE]it's a payload");
    expect(over.limits).toEqual(['binary']);
    expect(over.bytesReceived - over.bytesInspected).toBe(200 + 14 + 5000 - 4096);
  });

  test('runs beyond the bounds are counted', () => {
    const runs = Array.from({ length: 20 }, () => Buffer.from("\x00it's run"));
    const many = read(post(MULTIPART, part(Buffer.concat([junk, ...runs]))));
    expect(shown(many).filter((text) => text.startsWith('[PRINTABLE]'))).toHaveLength(16);
    expect(many.bytesReceived - many.bytesInspected).toBe(4 * "it's run".length);
    const long = read(post(MULTIPART, part(Buffer.concat([Buffer.alloc(600), Buffer.from("'".repeat(500))]))));
    expect(long.bytesReceived - long.bytesInspected).toBe(100);
  });

  test('random bytes are binary, a text with a NUL is not', () => {
    const random = Buffer.concat(Array.from({ length: 64 }, (_, i) => createHash('sha512').update(`${i}`).digest()));
    expect(read(post('application/octet-stream', random)).encodings).toContain('binary');
    expect(read(post('text/plain', "it's\x00")).encodings).not.toContain('binary');
  });
});

describe('what the proxy kept back', () => {
  test('is counted and makes the request truncated', () => {
    const cut = read(post(FORM, "a='", { bodyBytesReceived: 10, bodyTruncated: true }));
    expect(cut).toMatchObject({ truncated: true, limits: ['proxy_truncated'] });
    expect(cut.bytesReceived - cut.bytesInspected).toBe(7);
    expect(read(post(FORM, "a='", { bodyTruncated: true })).truncated).toBe(true);
  });
});

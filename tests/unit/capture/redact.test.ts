import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask } from '../../../src/capture/mask.js';
import { redactRequest, redactTarget } from '../../../src/capture/redact-request.js';
import { secretNames } from '../../../src/capture/secret-names.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { viewOf } from '../request/view-of.js';

const isSecret = secretNames(['iban']);
const BODY_BYTES = 65_536;

/** Everything of the request that would reach the disk, with bodies also as they read once decoded. */
function kept(overrides: Partial<RequestView>, bodyBytes = BODY_BYTES): string {
  const request = redactRequest(viewOf(overrides), bodyBytes, isSecret);
  const plain = request.body[0] === 0x1f ? gunzipSync(request.body) : request.body;
  return JSON.stringify([request.path, request.headers, request.body.toString('latin1'), plain.toString('latin1')]);
}

const body = (type: string, text: string): Partial<RequestView> => ({
  headers: [['content-type', type]],
  body: Buffer.from(text, 'utf8'),
});
const header = (name: string, value: string): Partial<RequestView> => ({ headers: [[name, value]] });
const SECRET = 'Hunter2Hunter2';
const PAN = '4111111111111111';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const PEM = `-----BEGIN RSA PRIVATE KEY-----\nMIIEow${SECRET}\n${SECRET}\n-----END RSA PRIVATE KEY-----`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const multipart = (name: string, value: string) =>
  `--X1\r\nContent-Disposition: form-data; name="title"\r\n\r\nboots\r\n--X1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--X1--\r\n`;

describe('a planted secret never reaches the disk', () => {
  it.each<[string, Partial<RequestView>, string?]>([
    ['authorization, bearer', header('authorization', `Bearer ${SECRET}`)],
    ['authorization, basic', header('authorization', `Basic ${base64(`user:${SECRET}`)}`), base64(`user:${SECRET}`)],
    ['authorization without scheme', header('authorization', SECRET)],
    ['authorization, digest', header('authorization', `Digest username="u", response="${SECRET}"`)],
    ['proxy-authorization', header('proxy-authorization', `Basic ${SECRET}`)],
    ['cookie', header('cookie', `theme=dark; sid=${SECRET}`)],
    ['cookie of any name', header('cookie', `zz=${SECRET}`)],
    ['cookie without name', header('cookie', SECRET)],
    ['cookie, quoted', header('cookie', `a="${SECRET}; b"`)],
    ['api key header', header('x-api-key', SECRET)],
    ['token header', header('x-auth-token', SECRET)],
    ['header of an operator name', header('IBAN'.toLowerCase(), SECRET)],
    ['URL with credentials in a header', header('referer', `https://user:${SECRET}@host/`)],
    ['query of a referer', header('referer', `https://host/p?a=1&access_token=${SECRET}&b=2`)],
    ['JSON inside an encoded query of a referer', header('referer', `https://h/?q=%7B%22pin%22%3A%22${SECRET}%22%7D`)],
    ['query', { target: `/login?user=u&password=${SECRET}` }],
    ['query, name encoded', { target: `/login?pass%77ord=${SECRET}` }],
    ['query, name in brackets', { target: `/login?user[password]=${SECRET}` }],
    ['query, value encoded', { target: `/l?pwd=${SECRET}%40%20${SECRET}` }],
    ['query, first parameter of that name', { target: `/l?pwd=${SECRET}&pwd=x` }],
    ['query of JSON alone', { target: `/l?{"password":"${SECRET}","a":"b=c"}` }],
    ['query, JSON in a value', { target: `/l?d=${encodeURIComponent(`{"token":"${SECRET}"}`)}` }],
    ['query, encoded twice', { target: `/l?d=${encodeURIComponent(encodeURIComponent(`{"token":"${SECRET}"}`))}` }],
    ['query, Base64 of an assignment', { target: `/l?d=${base64(`{"password":"${SECRET}"}`)}` }],
    ['query, URL with a token', { target: `/l?next=${encodeURIComponent(`/cb?code=1&token=${SECRET}`)}` }],
    ['path segment', { target: `/reset-password/${SECRET}` }],
    ['path parameter', { target: `/cart;jsessionid=${SECRET}` }],
    ['absolute target', { target: `http://user:${SECRET}@host/` }],
    ['form', body('application/x-www-form-urlencoded', `a=1&new_password=${SECRET}`)],
    ['form declared as text', body('text/plain', `a=1&new_password=${SECRET}`)],
    ['form declared as JSON', body('application/json', `a=1&new_password=${SECRET}`)],
    ['JSON', body('application/json', `{"user":{"name":"u","Password":"${SECRET}"}}`)],
    ['JSON declared as form', body('application/x-www-form-urlencoded', `{"password": "${SECRET}"}`)],
    ['JSON, camel case', body('application/json', `{"clientSecret":"${SECRET}"}`)],
    ['JSON, escaped key', body('application/json', `{"pass\\u0077ord":"${SECRET}"}`)],
    ['JSON, escaped quote in the value', body('application/json', `{"password":"a\\"${SECRET}"}`)],
    ['JSON, array under the key', body('application/json', `{"tokens":["a",{"b":"${SECRET}"},"c"]}`)],
    ['JSON, number', body('application/json', '{"pin":48151623}'), '48151623'],
    ['JSON, cut off', body('application/json', `{"a":[1,{"password":"${SECRET}`)],
    ['JSON, broken', body('application/json', `{"a":}}},"password": "${SECRET}"`)],
    ['JSON in a JSON string', body('application/json', JSON.stringify({ d: JSON.stringify({ password: SECRET }) }))],
    [
      'JSON in JSON in JSON',
      body(
        'application/json',
        JSON.stringify([JSON.stringify([JSON.stringify({ a: 1, password: `${SECRET}"${SECRET}` })])]),
      ),
    ],
    ['JSON, everything escaped', body('application/json', `{"q":"\\u0070assword: ${SECRET}"}`)],
    ['GraphQL', body('application/json', JSON.stringify({ query: `mutation{login(password:"${SECRET}"){id}}` }))],
    ['GraphQL, single quotes', body('application/graphql', `{login(token: '${SECRET}'){id}}`)],
    ['multipart', body('multipart/form-data; boundary=X1', multipart('password', SECRET))],
    ['multipart, undeclared', body('text/plain', multipart('password', SECRET))],
    ['multipart, dashes in the value', body('multipart/form-data', multipart('password', `a--b\r\n--c${SECRET}`))],
    ['multipart, JSON part', body('multipart/form-data', multipart('meta', `{"secret":"${SECRET}"}`))],
    ['multipart, cut off', body('multipart/form-data', multipart('password', SECRET).slice(0, -8))],
    ['XML', body('application/xml', `<r><user>u</user><ns:Password a="b">${SECRET}</ns:Password></r>`)],
    ['XML, CDATA', body('text/xml', `<r><password><![CDATA[${SECRET}]]></password></r>`)],
    ['XML, attribute', body('text/xml', `<login password="${SECRET}"/>`)],
    ['YAML', body('text/yaml', `user: u\napi_key: ${SECRET}\n`)],
    ['command line', body('text/plain', `mysql --user u --password ${SECRET} db`)],
    ['PHP array', body('text/plain', `['password' => '${SECRET}']`)],
    ['log line', body('text/plain', `login ok user=u token=${SECRET}; next`)],
    ['web token in a query', { target: `/?x=${JWT}` }, JWT.split('.')[2]],
    ['web token in a path', { target: `/v/${JWT}/` }, JWT.split('.')[1]],
    ['web token in JSON', body('application/json', `{"x":"${JWT}"}`), JWT.split('.')[2]],
    ['web token, cut off', body('text/plain', `x ${JWT.slice(0, 30)}`), JWT.slice(5, 30)],
    ['private key', body('text/plain', PEM)],
    ['private key in JSON', body('application/json', JSON.stringify({ x: PEM }))],
    ['private key in a form', body('application/x-www-form-urlencoded', `x=${encodeURIComponent(PEM)}`)],
    ['private key, cut off', body('text/plain', PEM.slice(0, -35))],
    ['card number', body('application/json', `{"x":"${PAN}"}`), PAN],
    ['card number, grouped', body('text/plain', 'my card 4111 1111 1111 1111, thanks'), '1111 1111'],
    ['card number in a form', body('application/x-www-form-urlencoded', 'x=4111+1111+1111+1111'), '1111+1111'],
    ['card number in a query', { target: '/?x=4111-1111-1111-1111' }, '1111-1111'],
    ['operator name', body('application/json', `{"IBAN":"${SECRET}"}`)],
    [
      'gzip body',
      {
        headers: [['content-encoding', 'gzip']],
        body: gzipSync(`{"password":"${SECRET}"}`),
      },
    ],
  ])('%s', (_name, view, secret = SECRET) => {
    expect(decoded(kept(view))).not.toContain(secret);
    // The test could not fail if the secret were not there to begin with.
    const before = JSON.stringify([view.target, view.headers, view.body && inflate(view.body)]);
    expect(decoded(before)).toContain(secret.slice(0, 4));
  });

  const inflate = (bytes: Buffer) => (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('latin1');
  const decoded = (text: string) =>
    text + text.replace(/[A-Za-z0-9+/]{16,}/g, (run) => Buffer.from(run, 'base64').toString());

  it('keeps no body that it cannot read', () => {
    const wide = Buffer.from(`{"password":"${SECRET}"}`, 'utf16le');
    const cases: [Partial<RequestView>, string][] = [
      [{ headers: [['content-encoding', 'zstd']], body: Buffer.from('x') }, 'encoding'],
      [{ headers: [['content-encoding', 'gzip, br']], body: Buffer.from('x') }, 'encoding'],
      [{ headers: [['content-encoding', 'gzip']], body: Buffer.from(`password=${SECRET}`) }, 'encoding'],
      [{ headers: [['content-encoding', 'br']], body: brotliCompressSync(Buffer.alloc(1 << 23)) }, 'encoding'],
      [{ headers: [['content-type', 'application/json; charset=UTF-16']], body: wide }, 'charset'],
      [{ headers: [['content-type', 'application/json']], body: wide }, 'charset'],
      [{ body: wide }, 'charset'],
    ];
    for (const [view, why] of cases) {
      const request = redactRequest(viewOf(view), BODY_BYTES, isSecret);
      expect(request).toMatchObject({ bodyOmitted: why, bodyTruncated: true });
      expect(request.body).toHaveLength(0);
    }
  });

  it('sees a secret whole that straddles the cut', () => {
    const text = `${'a'.repeat(90)} ${JWT}`;
    const request = redactRequest(viewOf(body('text/plain', text)), 110, isSecret);
    expect(request.body).toHaveLength(110);
    expect(request.bodyTruncated).toBe(true);
    expect(text).not.toContain(request.body.toString().slice(-6));
  });

  it('holds for any alphanumeric secret in any of these frames', () => {
    const frames: ((secret: string) => Partial<RequestView>)[] = [
      (secret) => ({ target: `/a?b=c&api_key=${secret}&d=e` }),
      (secret) => body('application/json', JSON.stringify({ a: { refresh_token: secret } })),
      (secret) => body('multipart/form-data', multipart('cvv', secret)),
      (secret) => header('cookie', `a=b; c=${secret}`),
      (secret) => body('text/plain', `password: "${secret}"`),
    ];
    const secrets = fc.stringMatching(/^[A-Za-z0-9]{12,40}$/).filter((text) => text !== mask(text));
    fc.assert(
      fc.property(secrets, fc.constantFrom(...frames), (secret, frame) => !kept(frame(secret)).includes(secret)),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe('what is no secret stays as it is', () => {
  it.each<[string, Partial<RequestView>]>([
    ['query', { target: "/search?q=O'Brien+%26+sons&page=2&sort=-price&ids=1700000000000" }],
    ['path', { target: '/api/token/refresh/%C3%A9' }],
    ['headers', header('user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)')],
    ['JSON', body('application/json', '{"a": [1, 2.5, null, true], "note": "basic knowledge: é", "u": "\\u00e9"}')],
    ['multipart', body('multipart/form-data', multipart('comment', 'for (let i = 0; i < 9; i++) {}'))],
    ['attack', body('application/x-www-form-urlencoded', "id=1' OR 1=1-- -&x=<script>alert(1)</script>")],
    ['broken percent escapes', { target: '/?a=%zz%&b=%' }],
    ['time in milliseconds', { target: '/?t=1732300000000&n=12345678901234567' }],
  ])('%s', (_name, view) => {
    const request = redactRequest(viewOf(view), BODY_BYTES, isSecret);
    expect(request.path).toBe(view.target ?? '/');
    expect(request.headers).toEqual(view.headers ?? []);
    expect(request.body.toString('latin1')).toBe((view.body ?? Buffer.alloc(0)).toString('latin1'));
    expect(request.bodyTruncated).toBe(false);
  });

  it('keeps literals and structure under a secret key, so that JSON stays JSON', () => {
    const text = '{"auth": {"ok": true, "n": null, "tokens": ["aB3\\n", -1.5e3]}, "token": null, "b": "c"}';
    const { body: bytes } = redactRequest(viewOf(body('application/json', text)), BODY_BYTES, isSecret);
    expect(JSON.parse(bytes.toString())).toEqual({
      auth: { ok: true, n: null, tokens: ['xX0\n', -1.1e1] },
      token: null,
      b: 'c',
    });
  });

  it('keeps the shape of a secret and is idempotent', () => {
    expect(mask('Tr0ub4dor&3')).toBe('Xx0xx0xxx&0');
    expect(mask('9f86d081-884c')).toBe('0a00a000-000a');
    expect(mask('a%40b%61')).toBe('x%40xx');
    expect(mask('-10.5e3')).toBe('-11.1e1');
    expect(redactTarget(`/?t=${JWT}`, isSecret)).toMatch(/\?t=eyJ[\w-]+\.eyJ[\w-]+\.A{43}$/);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => mask(mask(text)) === mask(text)),
      { seed: 7 },
    );
  });

  it('takes any bytes without throwing', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    const types = fc.constantFrom('application/json', 'multipart/form-data', 'application/x-www-form-urlencoded', '');
    fc.assert(
      fc.property(bytes, types, (raw, type) => {
        const text = raw.toString('latin1');
        redactRequest(
          viewOf({
            target: text,
            headers: [
              ['content-type', type],
              ['x', text],
            ],
            body: raw,
          }),
          200,
          isSecret,
        );
      }),
      { seed: 7, numRuns: 1000 },
    );
  });
});

describe('names', () => {
  it.each([
    'password',
    'Passwd',
    'user[password]',
    'newPassword2',
    'pwd',
    'client_secret',
    'API-KEY',
    'apikey',
    'access_token',
    'refreshToken',
    'csrfmiddlewaretoken',
    'otp',
    'pin1',
    'card',
    'card_number',
    'cvv',
    'ssn',
    'X-Amz-Signature',
    'PHPSESSID',
    'data.auth',
    'Authorization',
    'x-auth-user',
    'auth_token',
    'authToken',
    'auth_key',
    'auth_code',
    'auth_type_key',
    'auth_type_token',
    'auth[action][1]',
    'token_type_auth',
    '__RequestVerificationToken',
    'I.B.A.N',
  ])('%s is secret', (name) => expect(isSecret(name)).toBe(true));

  it.each([
    'q',
    'author',
    'authored_by',
    'authority',
    'authAction',
    'auth_type',
    'auth[method]',
    'opinion',
    'pinned',
    'cardigan',
    'tokenizer',
    'passenger',
    'spin',
    'monkey',
    'iban_country',
    '',
  ])('%j is not', (name) => expect(isSecret(name)).toBe(false));
});

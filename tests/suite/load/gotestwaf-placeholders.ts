import { createHash } from 'node:crypto';
import { guessZone, type SuiteCase, type SuiteZone } from '../suite-case.js';
import { sendableHeader, sendableTarget, toWire, utf8, withUsualHeaders } from '../wire.js';
import { jsUnicode, xmlEntity } from './gotestwaf-encoders.js';

export interface Placeholder {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Puts an encoded payload where GoTestWAF's placeholder of that name does; `undefined` for one that is not supported.
 * Its random parameter names are drawn from the payload here, so that a run can be repeated.
 */
export function placePayload(placeholder: Placeholder, payload: string): Pick<SuiteCase, 'zone' | 'bytes'> | undefined {
  const build = BUILDERS.get(placeholder.name.toLowerCase());
  if (build === undefined) return undefined;
  const name = createHash('sha256').update(payload).digest('hex').slice(0, 10);
  const { method = 'GET', target = '/', headers = [], body, zone } = build(utf8(payload), name, placeholder.settings);
  const sent = headers.map(([key, value]): [string, string] => [key, sendableHeader(value)]);
  const bytes = toWire({
    method,
    target: sendableTarget(target),
    headers: withUsualHeaders(sent, 'localhost'),
    body: body === undefined ? undefined : Buffer.from(body, 'latin1'),
  });
  return { zone, bytes };
}

interface Placed {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly zone: SuiteZone;
}

/** @param payload byte string. @param name random-looking parameter name. */
type Builder = (payload: string, name: string, settings: Placeholder['settings']) => Placed;

const post = (type: string, body: string, headers: Placed['headers'] = []): Placed => ({
  method: 'POST',
  headers: type === '' ? headers : [...headers, ['Content-Type', type]],
  body,
  zone: 'body',
});
const text = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

const urlParam: Builder = (payload, name) => ({ target: `/?${name}=${payload}`, zone: 'query' });
const urlPath: Builder = (payload) => ({ target: `/${payload}`, zone: 'path' });
const header: Builder = (payload, name) => ({ headers: [[`X-${name}`, payload]], zone: 'header' });
const requestBody: Builder = (payload) => post('', payload);
/** The method that GoTestWAF sends where it wants none that frameworks know. */
const nonCrud =
  (build: Builder): Builder =>
  (payload, name, settings) => ({ ...build(payload, name, settings), method: 'CUST' });

const soap: Builder = (payload, name) => {
  const envelope = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">
  <soapenv:Body>
    <getItems xmlns="urn:example:items"><filter><ab${name}>${utf8(xmlEntity(text(payload)))}</ab${name}></filter></getItems>
  </soapenv:Body>
</soapenv:Envelope>`;
  return post('text/xml', envelope, [['SOAPAction', '"urn:example:items"']]);
};

const multipart: Builder = (payload, name) => {
  const boundary = `boundary${name}`;
  const part = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${payload}\r\n--${boundary}--\r\n`;
  return post(`multipart/form-data; boundary=${boundary}`, part);
};

const rawRequest: Builder = (payload, _name, { method, path, headers, body }) => {
  const filled = (value: unknown): string => utf8(String(value ?? '')).replaceAll('{{payload}}', payload);
  const target = `/${filled(path).replace(/^\//, '')}`;
  const content = filled(body);
  const pairs = Object.entries((headers ?? {}) as Record<string, unknown>);
  return {
    method: String(method ?? 'GET'),
    target,
    headers: pairs.map(([name, value]) => [name, filled(value)] as const),
    body: content === '' ? undefined : content,
    zone: pairs.some(([, value]) => String(value).includes('{{payload}}'))
      ? 'header'
      : guessZone(target, content.length),
  };
};

const graphql: Builder = (payload, name, settings) =>
  String(settings.method ?? 'POST').toUpperCase() === 'GET'
    ? { target: `/?query=${encodeURIComponent(text(payload))}`, zone: 'query' }
    : requestBody(payload, name, settings);

/** By GoTestWAF's names, in lower case. */
const BUILDERS = new Map<string, Builder>([
  ['urlparam', urlParam],
  ['urlpath', urlPath],
  ['header', header],
  ['useragent', (payload) => ({ headers: [['User-Agent', payload]], zone: 'header' })],
  ['requestbody', requestBody],
  ['formbody', requestBody],
  ['htmlform', (payload, name) => post('application/x-www-form-urlencoded', `${name}=${payload}`)],
  ['htmlmultipartform', multipart],
  ['jsonbody', (payload) => post('application/json', payload)],
  [
    'jsonrequest',
    (payload, name) => post('application/json', `{"test":true, "${name}": "${jsUnicode(text(payload))}"}`),
  ],
  ['xmlbody', (payload) => post('text/xml', payload)],
  ['soapbody', soap],
  ['graphql', graphql],
  ['rawrequest', rawRequest],
  ['noncrudurlparam', nonCrud(urlParam)],
  ['noncrudurlpath', nonCrud(urlPath)],
  ['noncrudheader', nonCrud(header)],
  ['noncrudrequestbody', nonCrud(requestBody)],
]);

import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import busboy from 'busboy';
import { decodeHTML } from 'entities';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Case, makeCases } from '../../evasion/cases.js';
import type { RequestJson } from '../../evasion/draft.js';
import { PAYLOADS } from '../../evasion/payloads.js';
import { openShop } from '../../evasion/shop.js';

const SUBJECT = PAYLOADS.find(({ name }) => name === 'xss-event')!;

describe('the generator of evasions', () => {
  let cases: Map<string, Case>;
  const request = (place: string, evasion = 'plain', carrier?: string): RequestJson =>
    cases.get(`${SUBJECT.name} @ ${place} ~ ${evasion}${carrier === undefined ? '' : ` + ${carrier}`}`)!.request;

  beforeAll(async () => {
    cases = new Map(makeCases(await openShop(), { all: true, payloads: [SUBJECT] }).map((one) => [one.id, one]));
  });

  it('makes the same cases every time', async () => {
    const [one, other] = [await openShop(), await openShop()];
    expect(makeCases(one, { payloads: PAYLOADS.slice(0, 2) })).toEqual(
      makeCases(other, { payloads: PAYLOADS.slice(0, 2) }),
    );
    expect(one.values('comment')).toEqual(other.values('comment'));
    expect(one.words(20, 5)).toBe(other.words(20, 5));
  });

  describe('writes what an application reads as the payload', () => {
    it.each([
      ['query q', (one: RequestJson) => new URL(one.path, 'http://x').searchParams.get('q')],
      ['query name', (one: RequestJson) => [...new URL(one.path, 'http://x').searchParams.keys()].at(-1)],
      ['path segment', (one: RequestJson) => decodeURIComponent(one.path.slice('/products/'.length))],
      ['cookie geo', (one: RequestJson) => decodeURIComponent(/geo=([^;]*)/.exec(header(one, 'cookie'))![1]!)],
      ['X-Api-Version', (one: RequestJson) => header(one, 'x-api-version')],
      ['JWT claim', (one: RequestJson) => json(decode(header(one, 'authorization').split('.')[1]!)).name],
      ['Referer query', (one: RequestJson) => new URL(header(one, 'referer')).searchParams.get('q')],
      ['form message', (one: RequestJson) => new URLSearchParams(body(one)).get('message')],
      ['JSON value', (one: RequestJson) => json(body(one)).note],
      ['JSON, nested', (one: RequestJson) => (json(body(one)).shipping as { street: string }).street],
      ['JSON in a JSON string', (one: RequestJson) => json(json(body(one)).options as string).engraving],
      ['JSON key', (one: RequestJson) => Object.keys(json(body(one)))[1]],
      ['XML attribute', (one: RequestJson) => decodeHTML(/label="([^"]*)"/.exec(body(one))![1]!)],
      ['XML references', (one: RequestJson) => decodeHTML(/<note>([^<]*)/.exec(body(one))![1]!)],
      [
        'CDATA in pieces',
        (one: RequestJson) => Array.from(body(one).matchAll(/CDATA\[(.*?)\]\]/g), ([, text]) => text!).join(''),
      ],
      ['gRPC message', (one: RequestJson) => body(one).slice(7, 7 + body(one).charCodeAt(6))],
      ['base64 body', (one: RequestJson) => decode(body(one))],
    ])('%s', (place, read) => {
      expect(read(request(place))).toBe(SUBJECT.text);
    });

    it.each([
      ['multipart caption', ({ fields }: Form) => fields.get('caption')],
      ['file name', ({ filenames }: Form) => filenames[0]],
      ['part name', ({ fields }: Form) => [...fields.keys()][0]],
    ])('%s', async (place, read) => {
      expect(read(await readForm(request(place)))).toBe(SUBJECT.text);
    });
  });

  describe('encodes what its decoder undoes', () => {
    const value = (one: RequestJson): string => new URL(one.path, 'http://x').searchParams.get('q')!;
    it.each([
      ['percent, every byte', value],
      ['percent, twice', (one: RequestJson) => decodeURIComponent(value(one))],
      ['percent, three times', (one: RequestJson) => decodeURIComponent(decodeURIComponent(value(one)))],
      ['full width', (one: RequestJson) => value(one).normalize('NFKC')],
      ['entities, decimal', (one: RequestJson) => decodeHTML(value(one))],
      ['entities, padded, no semicolon', (one: RequestJson) => decodeHTML(value(one))],
      ['entities, named', (one: RequestJson) => decodeHTML(value(one))],
      ['entities, twice', (one: RequestJson) => decodeHTML(decodeHTML(value(one)))],
      ['\\uXXXX', (one: RequestJson) => JSON.parse(`"${value(one)}"`) as string],
      ['base64', (one: RequestJson) => decode(value(one))],
      ['base64url', (one: RequestJson) => decode(value(one))],
      ['base64, twice', (one: RequestJson) => decode(decode(value(one)))],
      ['base64, in lines', (one: RequestJson) => decode(value(one))],
      ['hex', (one: RequestJson) => Buffer.from(value(one), 'hex').toString()],
      ['JSON inside, \\u', (one: RequestJson) => json(value(one)).text],
      ['zero-width characters', (one: RequestJson) => value(one).replaceAll('\u200b', '')],
    ])('%s', (evasion, read) => {
      expect(read(request('query q', evasion))).toBe(SUBJECT.text);
    });
  });

  describe('carries what its reader unpacks', () => {
    const utf16 = (bytes: Buffer): string => bytes.toString('utf16le');
    it.each([
      ['gzip', (bytes: Buffer) => gunzipSync(bytes).toString()],
      ['deflate', (bytes: Buffer) => inflateSync(bytes).toString()],
      ['deflate without header', (bytes: Buffer) => inflateRawSync(bytes).toString()],
      ['brotli', (bytes: Buffer) => brotliDecompressSync(bytes).toString()],
      ['gzip of gzip', (bytes: Buffer) => gunzipSync(gunzipSync(bytes)).toString()],
      ['charset=utf-16le', utf16],
      ['charset=utf-16be', (bytes: Buffer) => utf16(Buffer.from(bytes).swap16())],
      ['all as \\uXXXX', (bytes: Buffer) => bytes.toString()],
      ['UTF-8 with a mark', (bytes: Buffer) => new TextDecoder().decode(bytes)],
    ])('%s', (carrier, read) => {
      const { bodyBase64 } = request('JSON value', 'plain', carrier);
      expect(json(read(Buffer.from(bodyBase64!, 'base64'))).note).toBe(SUBJECT.text);
    });

    it.each(['boundary quoted', 'text before and after the parts', 'bare line feeds'])('%s', async (carrier) => {
      const read = carrier === 'bare line feeds' ? readLenient : readForm;
      expect((await read(request('multipart caption', 'plain', carrier))).fields.get('caption')).toBe(SUBJECT.text);
    });
  });
});

interface Form {
  readonly fields: ReadonlyMap<string, string>;
  readonly filenames: readonly string[];
}

function readForm(one: RequestJson): Promise<Form> {
  const fields = new Map<string, string>();
  const filenames: string[] = [];
  return new Promise((resolve, reject) => {
    const parser = busboy({ headers: { 'content-type': header(one, 'content-type') }, preservePath: true });
    parser.on('field', (name, text) => fields.set(name ?? '', text));
    parser.on('file', (_, stream, { filename }) => {
      filenames.push(filename ?? '');
      stream.resume();
    });
    parser.on('close', () => resolve({ fields, filenames })).on('error', reject);
    parser.end(Buffer.from(one.bodyBase64!, 'base64'));
  });
}

/** Line feeds alone are no line ends for busboy; for a reader that takes them they are CR LF. */
function readLenient(one: RequestJson): Promise<Form> {
  const text = body(one).replace(/\r?\n/g, '\r\n');
  return readForm({ ...one, bodyBase64: Buffer.from(text, 'latin1').toString('base64') });
}

function header({ headers }: RequestJson, wanted: string): string {
  return headers.find(([name]) => name === wanted)![1];
}

function body({ bodyBase64 }: RequestJson): string {
  return Buffer.from(bodyBase64!, 'base64').toString('latin1');
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

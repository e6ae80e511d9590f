import { wellFormed } from '../wire.js';

/** Encodes a payload as GoTestWAF's encoder of that name does; `undefined` for a name it does not have. */
export function encodePayload(encoder: string, payload: string): string | undefined {
  return ENCODERS.get(encoder.toLowerCase())?.(payload);
}

const base64 = (payload: string): string => Buffer.from(payload, 'utf8').toString('base64');

const ENCODERS = new Map<string, (payload: string) => string>([
  ['plain', (payload) => payload],
  ['base64', base64],
  ['base64flat', (payload) => base64(payload).replaceAll('=', '')],
  ['url', queryEscape],
  ['jsunicode', jsUnicode],
  ['xmlentity', xmlEntity],
]);

/** Go's `url.QueryEscape`: all but letters, digits and `-_.~`; a blank is `+`. */
function queryEscape(payload: string): string {
  return encodeURIComponent(wellFormed(payload))
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** `\uXXXX` for every UTF-16 unit. */
export function jsUnicode(payload: string): string {
  return payload.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Go's `xml.Encoder`: the escaped payload in a `string` element. */
export function xmlEntity(payload: string): string {
  const escaped = payload.replace(/["'&<>\t\n\r]/g, (mark) => ESCAPES.get(mark)!);
  return `<string>${escaped}</string>`;
}

const ESCAPES = new Map([
  ['"', '&#34;'],
  ["'", '&#39;'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['\t', '&#x9;'],
  ['\n', '&#xA;'],
  ['\r', '&#xD;'],
]);

import type { RequestView } from '../../request/request-view.js';
import type { FieldCollector } from '../field-collector.js';
import { MARKERS } from '../markers.js';
import { splitPairs } from '../pairs.js';
import { addPair } from '../target.js';
import { isBinary, printableRuns } from './binary.js';
import { inflate } from './inflate.js';
import { readJson } from './json.js';
import { boundaryOf, splitMultipart } from './multipart.js';

/** Bytes of a binary value whose printable runs are read; the rest is counted as not inspected. */
const BINARY_HEAD = 4096;

/** Adds the fields of a body: form, JSON, multipart, text or binary, by Content-Type first and by looks where that fails. */
export function addBody(
  collector: FieldCollector,
  view: Pick<RequestView, 'body' | 'bodyTruncated'>,
  contentType: string,
  contentEncoding: string,
): void {
  const body = decompressed(collector, view.body, contentEncoding);
  const bytes = body.toString('latin1');
  if (bytes.trim() === '') return;
  const type = contentType.toLowerCase();
  const looks = bytes.trimStart()[0];
  if (looks === '{' || looks === '[' || type.includes('json')) {
    const text = body.toString('utf8').replace(BYTE_ORDER_MARK, '');
    if (addJson(collector, text, type.includes('json'), view.bodyTruncated)) return;
  }
  const boundary = boundaryOf(contentType);
  if (boundary !== undefined && addMultipart(collector, bytes, boundary)) return;
  if (type.includes('urlencoded') || (!type.includes('json') && FORM.test(bytes))) {
    for (const [name, value] of splitPairs(bytes.trim(), '&')) addPair(collector, 'body', name, value);
    return;
  }
  addOpaque(collector, '', bytes, type.startsWith('multipart/'));
}

const BYTE_ORDER_MARK = /^\ufeff/;

/** `name=value`, with a name that no markup or prose starts with. */
const FORM = /^[A-Za-z0-9_.[\]%-]{1,60}=/;

function decompressed(collector: FieldCollector, raw: Buffer, contentEncoding: string): Buffer {
  const max = collector.options.maxBodyBytes;
  if (raw.length > max) collector.skip('body_bytes', raw.length - max);
  const body = raw.length > max ? raw.subarray(0, max) : raw;
  if (contentEncoding === '' || body.length === 0) return body;
  const result = inflate(body, contentEncoding, max);
  if ('bytes' in result) {
    collector.encodings.add('compressed');
    return result.bytes;
  }
  collector.limits.add('content_encoding');
  collector.addMalformed('body', 'content-encoding', result.failed);
  // Many servers ignore Content-Encoding on requests, so text that does not decompress is read as it stands.
  if (!isBinary(body.toString('latin1'))) return body;
  collector.skip('content_encoding', body.length);
  return NOTHING;
}

const NOTHING = Buffer.alloc(0);

/**
 * @param cut the rest of the body was not handed over, so that its end says nothing about its form.
 * @returns false when the text is no JSON and did not claim to be.
 */
function addJson(collector: FieldCollector, text: string, claimed: boolean, cut: boolean): boolean {
  const json = readJson(text, collector.options.maxDepth);
  if (!json.wellFormed && !claimed) return false;
  collector.encodings.add('json');
  const malformed = !json.wellFormed && !cut;
  collector.addJsonValues({ zone: 'body', malformed }, '', json, 0);
  const rest = text.slice(json.end).trim();
  if (!json.wellFormed && rest !== '') {
    if (json.tooDeep) collector.limits.add('depth');
    collector.add({ zone: 'body', name: '', value: rest, form: 'text', malformed });
  }
  return true;
}

/** @returns false when the boundary does not occur in the body. */
function addMultipart(collector: FieldCollector, bytes: string, boundary: string): boolean {
  const parts = splitMultipart(bytes, boundary);
  for (const { name, filename, oddHeaders, content } of parts) {
    if (filename !== undefined) {
      collector.add({ zone: 'body', name: 'filename', value: filename, form: 'bytes' });
    }
    if (oddHeaders !== '') collector.add({ zone: 'body', name: 'part-header', value: oddHeaders, form: 'bytes' });
    if (filename === undefined) collector.add({ zone: 'body', name, value: content, form: 'bytes' });
    else addOpaque(collector, name, content, false);
  }
  return parts.length > 0;
}

/** Adds a value of unknown kind: text as it stands, binary by the printable runs of its head. */
function addOpaque(collector: FieldCollector, name: string, bytes: string, malformed: boolean): void {
  if (!isBinary(bytes)) {
    collector.add({ zone: 'body', name, value: bytes, form: 'bytes', malformed });
    return;
  }
  collector.encodings.add('binary');
  if (bytes.length > BINARY_HEAD) collector.skip('binary', bytes.length - BINARY_HEAD);
  const { runs, dropped } = printableRuns(bytes.slice(0, BINARY_HEAD));
  if (dropped > 0) collector.skip('binary', dropped);
  for (const run of runs) {
    collector.add({ zone: 'body', name, value: run, form: 'bytes', marker: MARKERS.PRINTABLE });
  }
}

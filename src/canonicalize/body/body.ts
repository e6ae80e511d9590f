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
export function addBody(collector: FieldCollector, raw: Buffer, contentType: string, contentEncoding: string): void {
  const body = decompressed(collector, raw, contentEncoding);
  if (body === undefined) return;
  const bytes = body.toString('latin1');
  if (bytes.trim() === '') return;
  const type = contentType.toLowerCase();
  const looks = bytes.trimStart()[0];
  if (looks === '{' || looks === '[') {
    if (addJson(collector, body.toString('utf8'), type.includes('json'))) return;
  }
  const boundary = boundaryOf(contentType);
  if (boundary !== undefined && addMultipart(collector, bytes, boundary)) return;
  if (type.includes('urlencoded') || (!type.includes('json') && FORM.test(bytes))) {
    for (const [name, value] of splitPairs(bytes.trim(), '&')) addPair(collector, 'body', name, value);
    return;
  }
  addOpaque(collector, '', bytes, type.includes('json') || type.startsWith('multipart/'));
}

/** `name=value`, with a name that no markup or prose starts with. */
const FORM = /^[A-Za-z0-9_.[\]%-]{1,60}=/;

function decompressed(collector: FieldCollector, raw: Buffer, contentEncoding: string): Buffer | undefined {
  const max = collector.options.maxBodyBytes;
  if (raw.length > max) collector.skip('body_bytes', raw.length - max);
  const body = raw.length > max ? raw.subarray(0, max) : raw;
  if (contentEncoding === '' || body.length === 0) return body;
  const result = inflate(body, contentEncoding, max);
  if ('bytes' in result) {
    collector.encodings.add('compressed');
    return result.bytes;
  }
  // A body that cannot be undone is not text to score: say so by a field of its own, and count the bytes.
  collector.skip('content_encoding', body.length);
  collector.addCanonical('body', 'content-encoding', `${MARKERS.MALFORMED}${result.failed}`);
  return undefined;
}

/** @returns false when the text is no JSON and did not claim to be. */
function addJson(collector: FieldCollector, text: string, claimed: boolean): boolean {
  const json = readJson(text, collector.options.maxDepth);
  if (!json.wellFormed && !claimed) return false;
  collector.encodings.add('json');
  collector.addJsonValues({ zone: 'body', malformed: !json.wellFormed }, '', json.values, 0);
  const rest = text.slice(json.end).trim();
  if (!json.wellFormed && rest !== '') {
    if (nestsTooDeep(rest)) collector.limits.add('depth');
    collector.add({ zone: 'body', name: '', value: rest, form: 'text', malformed: true });
  }
  return true;
}

/** Reading stopped right at an opening bracket: the only way there is the depth limit. */
function nestsTooDeep(rest: string): boolean {
  return rest[0] === '{' || rest[0] === '[';
}

/** @returns false when the boundary does not occur in the body. */
function addMultipart(collector: FieldCollector, bytes: string, boundary: string): boolean {
  const parts = splitMultipart(bytes, boundary);
  for (const { name, filename, headers, content } of parts) {
    if (filename !== undefined) {
      collector.add({ zone: 'body', name: 'filename', value: filename, form: 'bytes' });
    }
    const odd = headers.replace(ORDINARY_PART_HEADERS, '').trim();
    if (odd !== '') collector.add({ zone: 'body', name: 'part-header', value: odd, form: 'bytes' });
    addOpaque(collector, name, content, false);
  }
  return parts.length > 0;
}

/** Part headers that carry nothing but what is read elsewhere. */
const ORDINARY_PART_HEADERS =
  /^content-(?:disposition:\s*(?:form-data|attachment|file)(?:;\s*(?:file)?name\*?=(?:"(?:[^"\\]|\\.)*"|[^;\r\n]*))*|type:\s*[\w.+-]+\/[\w.+-]+(?:;\s*[\w-]+=[\w."-]+)*|transfer-encoding:\s*\w+|length:\s*\d+|id:\s*<?[\w.@-]+>?)\s*$/gim;

/** Adds a value of unknown kind: text as it stands, binary by the printable runs of its head. */
function addOpaque(collector: FieldCollector, name: string, bytes: string, malformed: boolean): void {
  if (!isBinary(bytes)) {
    collector.add({ zone: 'body', name, value: bytes, form: 'bytes', malformed });
    return;
  }
  collector.encodings.add('binary');
  if (bytes.length > BINARY_HEAD) collector.skip('binary', bytes.length - BINARY_HEAD);
  for (const run of printableRuns(bytes.slice(0, BINARY_HEAD))) {
    collector.add({ zone: 'body', name, value: run, form: 'bytes', marker: MARKERS.PRINTABLE });
  }
}

import type { FieldCollector } from '../field-collector.js';
import { addPairs, splitPairs } from '../pairs.js';
import { suspicionOf } from '../suspicion.js';
import { isBinary, textRuns } from './binary.js';
import { gzipHeaderTexts, isGzip } from './gzip-header.js';
import { inflate } from './inflate.js';

/** Undoes Content-Encoding as far as it goes, and accounts for what it leaves out. */
export function decompressed(collector: FieldCollector, body: Buffer, contentEncoding: string): Buffer {
  if (contentEncoding === '' || body.length === 0) return body;
  const { bytes, unread, failed } = inflate(body, contentEncoding, collector.options.maxBodyBytes);
  if (failed !== undefined) {
    collector.oddities.add('malformed');
    collector.addMalformed('body', 'content-encoding', failed);
    // Many servers ignore Content-Encoding on requests, so text that does not decompress is read as it stands.
    if (bytes.length === 0 && (isGzip(body) || !isBinary(body.toString('latin1')))) {
      collector.account.note('content_encoding');
      return body;
    }
  }
  if (bytes !== body) {
    collector.encodings.add('compressed');
    addPackedTexts(collector, body, bytes);
  }
  if (unread > 0) collector.account.skip('content_encoding', unread);
  if (bytes.length > 0) collector.account.useScale((body.length - unread) / bytes.length);
  return bytes;
}

/** What a gzip stream holds that no Content-Encoding declares, or one declares once too few; `undefined` when it is none. */
export function undeclaredGzip(collector: FieldCollector, body: Buffer): Buffer | undefined {
  let bytes = body;
  for (let turn = 0; turn < MAX_UNDECLARED && isGzip(bytes); turn++) {
    const inner = inflate(bytes, 'gzip', collector.options.maxBodyBytes).bytes;
    if (inner.length === 0) break;
    bytes = inner;
  }
  if (bytes === body) return undefined;
  collector.encodings.add('compressed');
  return bytes;
}

const MAX_UNDECLARED = 3;

/**
 * What a server that does not decompress finds in the bytes: texts of the gzip header, and the runs of text with the most
 * syntax in them (stored blocks, what follows the stream), where that is nothing that comes out by decompressing.
 */
function addPackedTexts(collector: FieldCollector, body: Buffer, unpacked: Buffer): void {
  const seen = [unpacked.toString('latin1')];
  const runs = textRuns(body.toString('latin1')).filter((run) => suspicionOf(run) >= MIN_SYNTAX);
  for (const text of [...gzipHeaderTexts(body), ...runs]) {
    if (ORDINARY_NAME.test(text) || seen.some((one) => one.includes(text))) continue;
    seen.push(text);
    if (text.includes('=')) addPairs(collector, 'body', splitPairs(text, '&'));
    else collector.add({ zone: 'body', name: '', value: text, form: 'bytes' });
  }
}

/** Repetitive data are compressed to one letter over and over. */
const MIN_SYNTAX = 2;
/** Of a file that someone compressed. */
const ORDINARY_NAME = /^[\w .()+-]{1,100}$/;

import { charsetOf } from '../decode/declared-charset.js';
import type { FieldCollector } from '../field-collector.js';
import { declaredKind } from './media-type.js';
import { boundariesOf, type Part, splitMultipart } from './multipart.js';
import { addOpaque } from './opaque.js';
import { decodeQuotedPrintable } from './quoted-printable.js';
import { readXml } from './xml.js';

/**
 * Adds the parts of a multipart body: file names, odd headers, contents, and parts inside parts.
 *
 * @returns false when the boundary does not occur.
 */
export function addParts(collector: FieldCollector, bytes: string, boundary: string, depth = 1): boolean {
  const parts = splitMultipart(bytes, boundary);
  for (const part of parts) {
    for (const value of part.filenames) collector.add({ zone: 'body', name: 'filename', value, form: 'bytes' });
    if (part.odd !== '') collector.add({ zone: 'body', name: 'part-header', value: part.odd, form: 'bytes' });
    if (!addNested(collector, part, depth)) addContent(collector, part);
  }
  return parts.length > 0;
}

/** `multipart/mixed` inside a form, as several files under one name were sent once (RFC 7578 section 4.3). */
function addNested(collector: FieldCollector, { contentType, content }: Part, depth: number): boolean {
  if (declaredKind(contentType) !== 'multipart') return false;
  if (depth >= collector.options.maxDepth) {
    collector.limits.add('depth');
    return false;
  }
  return boundariesOf(`;${contentType}`).filter((inner) => addParts(collector, content, inner, depth + 1)).length > 0;
}

function addContent(
  collector: FieldCollector,
  { name, filenames, contentType, transferEncoding, content }: Part,
): void {
  if (filenames.length > 0) addOpaque(collector, name, content, false);
  else collector.add({ zone: 'body', name, value: content, form: 'bytes' });
  if (transferEncoding === 'quoted-printable') {
    const decoded = decodeQuotedPrintable(content);
    if (decoded !== content) addOpaque(collector, name, decoded, false);
  }
  const buffer = (): Buffer => Buffer.from(content, 'latin1');
  // A mark, a zero or a parameter is what another charset takes.
  const charset = /charset/i.test(contentType) || UNUSUAL.test(content) ? charsetOf(buffer(), contentType) : undefined;
  if (charset !== undefined && charset !== 'unknown') {
    const text = charset.decode(buffer());
    if (text !== undefined && text !== content) collector.add({ zone: 'body', name, value: text, form: 'text' });
  }
  if (declaredKind(contentType) === 'xml') {
    const xml = readXml(buffer().toString('utf8'));
    if (xml.ownDtd) collector.oddities.add('dtd');
    if (!xml.wellFormed) collector.oddities.add('malformed');
    collector.addValues({ zone: 'body', malformed: xml.ownDtd || !xml.wellFormed }, name, xml, 1);
  }
}

const UNUSUAL = /^(?:\xff\xfe|\xfe\xff|\x00|.\x00)/;

import { charsetOf } from '../decode/declared-charset.js';
import { decodePercent } from '../decode/percent.js';
import type { FieldCollector } from '../field-collector.js';
import { addPairs, splitPairs } from '../pairs.js';
import { addRawRuns } from './opaque.js';

/**
 * Adds the pairs of a form whose percent-encoded bytes are in a charset that has other bytes for ASCII characters; pairs
 * without such bytes as they stand.
 *
 * @param bytes byte string, ASCII nearly all of it.
 * @returns true when some pair may be meant as it stands, too: the form is then to be read so as well.
 */
export function addTranscodedForm(collector: FieldCollector, bytes: string, contentType: string): boolean {
  const plain: [string, string][] = [];
  let isDoubtful = false;
  const decode = (part: string): string => {
    if (!part.includes('%')) return part;
    const raw = decodePercent(part.replaceAll('+', ' '));
    const buffer = Buffer.from(raw, 'latin1');
    const charset = charsetOf(buffer, contentType);
    if (charset === undefined || charset === 'unknown') return raw;
    const text = charset.decode(buffer) ?? '';
    if (!addRawRuns(collector, '', raw, text, charset)) isDoubtful = true;
    return text;
  };
  for (const [name, value] of splitPairs(bytes.trim(), '&')) {
    if (!name.includes('%') && !value.includes('%')) plain.push([name, value]);
    else collector.add({ zone: 'body', name: decode(name), value: decode(value), form: 'text' });
  }
  if (!isDoubtful) addPairs(collector, 'body', plain);
  return isDoubtful;
}

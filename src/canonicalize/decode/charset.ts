/**
 * Turns bytes into text: UTF-8 (RFC 3629), two kinds of other charset that real traffic brings, and U+FFFD for the rest.
 *
 * Overlong forms of `.`, `/` and `\` (`C0 AE`, `E0 80 AF`, …) are undone first, because path decoders in the wild
 * accepted them (CVE-2000-0884); every other overlong form is invalid, as RFC 3629 section 3 demands.
 *
 * @param bytes byte string, one byte a UTF-16 unit.
 * @returns well-formed text; runs that are text in no charset we know come out as U+FFFD, never as punctuation.
 */
export function bytesToText(bytes: string): string {
  if (!HIGH.test(bytes)) return bytes;
  const plain = bytes.replace(OVERLONG, undoOverlong);
  if (!HIGH.test(plain)) return plain;
  const buffer = Buffer.from(plain, 'latin1');
  const text = buffer.toString('utf8');
  return text.includes('\ufffd') ? (asGb18030(buffer) ?? text) : text;
}

const HIGH = /[\x80-\xff]/;
const OVERLONG = /[\xc0\xc1][\x80-\xbf]|\xe0\x80[\x80-\xbf]|\xf0\x80\x80[\x80-\xbf]/g;

function undoOverlong(sequence: string): string {
  const last = sequence.charCodeAt(sequence.length - 1) & 0x3f;
  const lead = sequence.charCodeAt(sequence.length - 2);
  const code = sequence.length === 2 ? ((lead & 1) << 6) | last : last;
  const character = String.fromCharCode(code);
  return character === '.' || character === '/' || character === '\\' ? character : sequence;
}

const GB18030 = new TextDecoder('gb18030', { fatal: true });

/**
 * Chinese text in GBK or GB18030. Taken only when every high byte pairs up, at least two pairs are common Han
 * characters, and no second byte is ASCII punctuation: a second byte such as `|` would otherwise vanish into a character
 * here while a server reading Latin-1 acts on it.
 */
function asGb18030(buffer: Buffer): string | undefined {
  for (let i = 0; i < buffer.length; i++) {
    if (buffer[i]! < 0x80) continue;
    const trail = buffer[++i] ?? 0;
    const letter = (trail >= 0x41 && trail <= 0x5a) || (trail >= 0x61 && trail <= 0x7a);
    if (trail < 0x80 && !letter) return undefined;
  }
  let text: string;
  try {
    text = GB18030.decode(buffer);
  } catch {
    return undefined;
  }
  return (text.match(/[\u4e00-\u9fa5]/g)?.length ?? 0) >= 2 ? text : undefined;
}

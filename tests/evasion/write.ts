import type { Value } from './evasion.js';

/** As a query, a form or a cookie holds it. */
export function percentEncoded({ bytes, onWire }: Value): string {
  if (onWire) return bytes;
  return bytes.replace(
    /[^A-Za-z0-9._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** A JSON string (RFC 8259 section 7); bytes beyond ASCII as they are. */
export function jsonString({ bytes }: Value): string {
  const body = bytes.replace(/["\\\x00-\x1f]/g, (one) => {
    const short = SHORT[one];
    return short ?? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${body}"`;
}

const SHORT: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Character data or an attribute's value in double quotes (XML 1.0); `undefined` where a character cannot stand in XML. */
export function xmlText({ bytes }: Value): string | undefined {
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(bytes)) return undefined;
  return bytes.replace(/[&<>"\r\n\t]/g, (one) => REFERENCE[one] ?? `&#${one.charCodeAt(0)};`);
}

const REFERENCE: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Whether a header cannot carry it (RFC 9110 section 5.5). */
export function controls(bytes: string): boolean {
  return /[\x00-\x08\x0a-\x1f\x7f]/.test(bytes) || bytes !== bytes.trim();
}

/** A message of gRPC's framing; flag 1 says that it is compressed. */
export function grpcFrame(message: string, flags = 0): string {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(message.length, 1);
  return head.toString('latin1') + message;
}

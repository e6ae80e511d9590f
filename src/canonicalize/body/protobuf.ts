/** Values found in a protobuf message without its schema; bytes as byte strings. */
export interface ProtobufReading {
  /** Field numbers from the outermost message in (`1.2`); side by side with `values`. */
  readonly paths: readonly string[];
  /** Contents of length-delimited fields: text, or bytes that are no message either. */
  readonly values: readonly string[];
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;
/** A field number is at most 2^29 - 1; larger ones are no protobuf. */
const MAX_FIELD = 0x1fffffff;

/**
 * Walks the wire format of protocol buffers (Encoding, protobuf.dev): each length-delimited field is text where all of it
 * is, else a message where all of it parses as one, else bytes.
 *
 * @param maxDepth messages inside messages; deeper ones are bytes.
 * @returns `undefined` when the bytes are no message. Linear in bytes times depth.
 */
export function readProtobuf(bytes: Buffer, maxDepth: number): ProtobufReading | undefined {
  const paths: string[] = [];
  const values: string[] = [];
  return walk(bytes, '', maxDepth, paths, values) ? { paths, values } : undefined;
}

function walk(bytes: Buffer, path: string, depth: number, paths: string[], values: string[]): boolean {
  const mark = paths.length;
  const fail = (): false => {
    paths.length = mark;
    values.length = mark;
    return false;
  };
  let at = 0;
  while (at < bytes.length) {
    const key = readVarint(bytes, at);
    if (key === undefined) return fail();
    at = key.end;
    const field = Math.floor(key.value / 8);
    if (field < 1 || field > MAX_FIELD) return fail();
    const wire = key.value % 8;
    if (wire === VARINT) {
      const end = readVarint(bytes, at)?.end;
      if (end === undefined) return fail();
      at = end;
    } else if (wire === FIXED64) at += 8;
    else if (wire === FIXED32) at += 4;
    else if (wire === DELIMITED) {
      const length = readVarint(bytes, at);
      if (length === undefined || length.end + length.value > bytes.length) return fail();
      at = length.end + length.value;
      const content = bytes.subarray(length.end, at);
      const inner = path === '' ? `${field}` : `${path}.${field}`;
      if (isText(content) || depth <= 1 || !walk(content, inner, depth - 1, paths, values)) {
        paths.push(inner);
        values.push(content.toString('latin1'));
      }
    } else return fail();
    if (at > bytes.length) return fail();
  }
  return true;
}

/** RFC-less base-128 varint, at most 10 bytes; values beyond 2^53 lose precision, which only lengths would mind. */
function readVarint(bytes: Buffer, from: number): { value: number; end: number } | undefined {
  let value = 0;
  let scale = 1;
  for (let at = from; at < bytes.length && at < from + 10; at++) {
    value += (bytes[at]! & 0x7f) * scale;
    if (bytes[at]! < 0x80) return { value, end: at + 1 };
    scale *= 128;
  }
  return undefined;
}

function isText(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false;
    if (byte === 0x7f) return false;
  }
  return true;
}

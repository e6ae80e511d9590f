import { isMostlyText, textsBetween } from './texts-between.js';

/** A value found in a protobuf message without its schema. */
export interface ProtobufValue {
  /** Field numbers from the outermost message in (`1.2`); empty for text that belongs to no one field. */
  readonly path: string;
  /** Byte string. */
  readonly bytes: string;
  /** Another reading of bytes that stand in other values, or in numbers. */
  readonly again: boolean;
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;
/** Bytes that are neither text nor a message are packed numbers mostly, and read by the text in them; longer ones are files. */
const MAX_SEARCHED = 4096;

/**
 * Walks the wire format of protocol buffers (Encoding, protobuf.dev). Without a schema a length-delimited field may be text,
 * a message or bytes, and text can be written so that it passes for a message of numbers. So it is read as text where all of
 * it is, and as a message where all of it parses as one, as both where it is both, and else as bytes; text that no value
 * holds, in tags, lengths and numbers, is a value of its own.
 *
 * What some parser takes is a message, since anything else is one block of bytes: groups, whatever number ends them, field
 * number 0 and numbers of any length (protobuf.js), tags and lengths of more than 32 bits, of which the lower count (Java,
 * protobuf.js).
 *
 * @param maxDepth messages inside messages; deeper ones are bytes.
 * @param cut the end is missing: fields there are read as far as they go.
 * @returns `undefined` when the bytes are no message. Linear in bytes times depth; the values' bytes are at most thrice these.
 */
export function readProtobuf(message: Buffer, maxDepth: number, cut = false): readonly ProtobufValue[] | undefined {
  const walk = new Walk(message, cut);
  if (!walk.message(0, message.length, '', maxDepth, false)) return undefined;
  const between = textsBetween(message, walk.held, walk.starts).map((bytes) => ({ path: '', bytes, again: true }));
  return [...walk.values, ...between];
}

class Walk {
  readonly values: ProtobufValue[] = [];
  /** Where the values stand that are no second readings, in order: the first byte, the one behind. */
  readonly held: number[] = [];
  /** Where the contents of fields start that are no text. */
  readonly starts: number[] = [];

  constructor(
    private readonly bytes: Buffer,
    private readonly cut: boolean,
  ) {}

  /** @param inText the bytes stand in a text that is a value already. @returns false when they are no message. */
  message(from: number, to: number, path: string, depth: number, inText: boolean): boolean {
    const { bytes, values, held, starts } = this;
    const marks = [values.length, held.length, starts.length] as const;
    const mayBreakOff = this.cut && to === bytes.length;
    const prefix = path === '' ? '' : `${path}.`;
    let groups = 0;
    let at = from;
    while (at < to) {
      const tag = readVarint(bytes, at, to);
      const wire = tag.value & 7;
      at = tag.end;
      if (wire === VARINT) at = readVarint(bytes, at, to).end;
      else if (wire === FIXED64) at += 8;
      else if (wire === FIXED32) at += 4;
      else if (wire === GROUP_START) groups++;
      else if (wire === GROUP_END) groups--;
      else if (wire === DELIMITED) {
        const length = readVarint(bytes, at, to);
        at = length.end + length.value;
        if (length.end > to || (at > to && !mayBreakOff)) break;
        this.field(length.end, Math.min(at, to), `${prefix}${tag.value >>> 3}`, depth, inText);
      } else groups = -1;
      if (groups < 0) break;
    }
    if (groups === 0 && at === to) return true;
    if (groups >= 0 && at >= to && mayBreakOff) return true;
    [values.length, held.length, starts.length] = marks;
    return false;
  }

  private field(from: number, to: number, path: string, depth: number, inText: boolean): void {
    const isText = inText || isTextual(this.bytes, from, to);
    if (!isText) this.starts.push(from);
    else if (!inText) this.add(path, from, to, false);
    if (depth > 1 && this.message(from, to, path, depth - 1, isText)) return;
    if (inText) this.add(path, from, to, true);
    else if (!isText && (to - from > MAX_SEARCHED || isMostlyText(this.bytes, from, to)))
      this.add(path, from, to, false);
  }

  private add(path: string, from: number, to: number, again: boolean): void {
    this.values.push({ path, bytes: this.bytes.toString('latin1', from, to), again });
    if (!again) this.held.push(from, to);
  }
}

/** @returns the low 32 bits of a varint, and where it ends: beyond `to` when it breaks off. */
function readVarint(bytes: Buffer, from: number, to: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (at < from + 5) value = (value | ((byte & 0x7f) << (7 * (at - from)))) >>> 0;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return { value, end: Number.POSITIVE_INFINITY };
}

function isTextual(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false;
    if (byte === 0x7f) return false;
  }
  return true;
}

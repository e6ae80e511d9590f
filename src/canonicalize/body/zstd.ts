import { BlockDecoder } from './zstd-block.js';
import { Damaged } from './zstd-entropy.js';
import { Output, TooLarge } from './zstd-output.js';

/** What came out of a zstd stream, and how far it was read. */
export interface Unpacked {
  readonly buffer: Buffer;
  /** Bytes up to the first block that did not come out whole, its header with them when that is why reading ended. */
  readonly read: number;
  readonly failed?: 'malformed' | 'too_large';
}

/**
 * Undoes zstd (RFC 8878) as the content coding of RFC 9659, which bounds the window to 8 MB: all frames of the stream,
 * and in each its complete blocks up to where it breaks off or is damaged.
 *
 * Written here because Node has no zstd before 22.15, what a request says must not depend on Node's version, and fzstd 0.1.1
 * never returns from 21 bytes made for it. Time and memory are linear in the input and in `max`. Checksums and claimed
 * sizes are not held against what comes out: a reader that ignores them sees it. Never throws.
 *
 * @param max bytes that come out at most.
 */
export function unzstd(bytes: Buffer, max: number): Unpacked {
  const output = new Output(max, bytes.length * 4);
  const done = { read: 0, length: 0 };
  try {
    while (done.read < bytes.length) if (!readFrame(bytes, output, done)) break;
  } catch (error) {
    const tooLarge = error instanceof TooLarge;
    const buffer = output.content(tooLarge ? output.length : done.length);
    return { buffer, read: done.read, failed: tooLarge ? 'too_large' : 'malformed' };
  }
  return { buffer: output.content(done.length), read: done.read };
}

/** How far a stream was read, and how much came out by then. */
interface Done {
  read: number;
  length: number;
}

const RAW = 0;
const ONE_BYTE = 1;
const COMPRESSED = 2;

/** @returns false when the stream breaks off in it. */
function readFrame(bytes: Buffer, output: Output, done: Done): boolean {
  const header = readHeader(bytes, done.read);
  if (header === undefined || header.end > bytes.length) return false;
  done.read = header.end;
  if (header.isSkipped) return true;
  const blocks = new BlockDecoder(output);
  for (let isLast = false; !isLast; ) {
    if (done.read + 3 > bytes.length) return false;
    const blockHeader = bytes.readUIntLE(done.read, 3);
    isLast = (blockHeader & 1) !== 0;
    const type = (blockHeader >> 1) & 3;
    const size = blockHeader >> 3;
    const start = done.read + 3;
    const end = start + (type === ONE_BYTE ? 1 : size);
    if (end > bytes.length) return false;
    // When the bound is hit in the block, part of it is in the output.
    done.read = start;
    if (type === RAW) output.append(bytes, start, end);
    else if (type === ONE_BYTE) output.fill(bytes[start]!, size);
    else if (type === COMPRESSED) blocks.decode(bytes.subarray(start, end));
    else throw new Damaged();
    done.read = end;
    done.length = output.length;
  }
  done.read = Math.min(bytes.length, done.read + (header.hasChecksum ? 4 : 0));
  return true;
}

interface FrameHeader {
  readonly end: number;
  /** A frame of anything that is no compressed data (RFC 8878 section 3.1.2), which ends with its header here. */
  readonly isSkipped: boolean;
  readonly hasChecksum: boolean;
}

const MAGIC = 0xfd2fb528;
/** The first of sixteen. */
const SKIPPED_MAGIC = 0x184d2a50;
/** RFC 9659 section 3. */
const MAX_WINDOW = 8 * 1024 * 1024;

/**
 * RFC 8878 section 3.1.1.1.
 *
 * @returns `undefined` when the stream breaks off in it.
 * @throws Damaged when no frame begins here, or one that takes a larger window or a dictionary.
 */
function readHeader(bytes: Buffer, at: number): FrameHeader | undefined {
  if (at + 4 > bytes.length) throw new Damaged();
  const magic = bytes.readUInt32LE(at);
  if ((magic & ~15) >>> 0 === SKIPPED_MAGIC) {
    if (at + 8 > bytes.length) return undefined;
    return { end: at + 8 + bytes.readUInt32LE(at + 4), isSkipped: true, hasChecksum: false };
  }
  if (magic !== MAGIC) throw new Damaged();
  const flags = bytes[at + 4];
  if (flags === undefined) return undefined;
  const isSingle = (flags & 0x20) !== 0;
  const dictionaryAt = at + (isSingle ? 5 : 6);
  const sizeAt = dictionaryAt + [0, 1, 2, 4][flags & 3]!;
  const end = sizeAt + [isSingle ? 1 : 0, 2, 4, 8][flags >> 6]!;
  if (end > bytes.length) return undefined;
  const hasDictionary = bytes.subarray(dictionaryAt, sizeAt).some((byte) => byte !== 0);
  const window = isSingle ? contentSize(bytes.subarray(sizeAt, end)) : windowSize(bytes[at + 5]!);
  if ((flags & 8) !== 0 || hasDictionary || window > MAX_WINDOW) throw new Damaged();
  return { end, isSkipped: false, hasChecksum: (flags & 4) !== 0 };
}

function windowSize(descriptor: number): number {
  return 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8);
}

/** That a frame of one segment claims, whose window it is. */
function contentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE());
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}

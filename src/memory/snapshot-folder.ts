import {
  type BigIntStats,
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { CANONICALIZER_VERSION } from '../canonicalize/canonical-request.js';
import { MemoryError } from './memory-error.js';
import type { MemoryStore } from './memory-store.js';
import {
  addClear,
  encodeSnapshot,
  type SnapshotClear,
  type SnapshotTables,
  storeOf,
  unpackSnapshot,
} from './snapshot-file.js';

/** The file in a memory folder that serves, and the one that live learning fills. */
export const SERVING = 'memory.bin';
export const STAGING = 'staging.bin';

export interface Written {
  readonly path: string;
  readonly bytes: number;
  /** What {@link stampOf} says of the file as long as it is this one. */
  readonly stamp: string;
}

/**
 * Writes a snapshot so that a reader, or a crash, finds the old one or the new one and never a part.
 *
 * @param onlyOver the stamp that the file must still have when it is replaced; absent: whatever is there.
 * @throws MemoryError when it has another one; then it stays.
 */
export function writeSnapshot(directory: string, file: string, store: MemoryStore, onlyOver?: string): Written {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, file);
  // A name of this process's own: a service and a command may write at the same time.
  const fresh = `${path}.${process.pid}.new`;
  const bytes = encodeSnapshot(store, new Date());
  let stamp: string;
  const handle = openSync(fresh, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
    stamp = stampFrom(fstatSync(handle, { bigint: true }));
  } finally {
    closeSync(handle);
  }
  const there = stampOf(directory, file);
  if (onlyOver !== undefined && there !== '' && there !== onlyOver) {
    rmSync(fresh);
    throw new MemoryError(path, 'the file that was written last', 'another one');
  }
  renameSync(fresh, path);
  return { path, bytes: bytes.length, stamp };
}

/**
 * Reads a snapshot.
 *
 * @param modelId the model that will use it; undefined where no ceiling is read.
 * @throws MemoryError when it is missing, damaged, or of another canonicalizer or model.
 */
export function readSnapshot(
  directory: string,
  file: string,
  modelId?: string,
): { store: MemoryStore; createdAt: string } {
  const { tables, clear } = readParts(directory, file, modelId);
  const store = storeOf(tables);
  addClear(store, clear);
  return { store, createdAt: tables.createdAt };
}

/** The same, not put together yet. @throws MemoryError as there. */
export function readParts(
  directory: string,
  file: string,
  modelId?: string,
): { tables: SnapshotTables; clear: SnapshotClear } {
  const path = join(directory, file);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new MemoryError(path, 'a readable file', (error as NodeJS.ErrnoException).code ?? (error as Error).message);
  }
  const parts = unpackSnapshot(bytes, path);
  const { canonicalizerVersion, modelId: made } = parts.tables.identity;
  if (canonicalizerVersion !== CANONICALIZER_VERSION) {
    const expected = `${CANONICALIZER_VERSION} (the canonicalizer that this program has; learn again from captures)`;
    throw new MemoryError(`${path}: canonicalizerVersion`, expected, canonicalizerVersion);
  }
  if (modelId !== undefined && made !== modelId) {
    const how = `normgate memory rescore ${directory}${file === STAGING ? ' --staging' : ''}`;
    throw new MemoryError(`${path}: modelId`, `${modelId} (run: ${how})`, made);
  }
  return parts;
}

/** Something that changes whenever the file does; empty while there is none. */
export function stampOf(directory: string, file: string): string {
  try {
    return stampFrom(statSync(join(directory, file), { bigint: true }));
  } catch {
    return '';
  }
}

/** A file that was renamed keeps it. */
function stampFrom({ mtimeNs, size, ino }: BigIntStats): string {
  return `${mtimeNs}:${size}:${ino}`;
}

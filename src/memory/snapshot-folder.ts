import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CANONICALIZER_VERSION } from '../canonicalize/canonical-request.js';
import { MemoryError } from './memory-error.js';
import type { MemoryStore } from './memory-store.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot-file.js';

/** The file in a memory folder that serves, and the one that live learning fills. */
export const SERVING = 'memory.bin';
export const STAGING = 'staging.bin';

/** Writes a snapshot so that a reader, or a crash, finds the old one or the new one and never a part. */
export function writeSnapshot(directory: string, file: string, store: MemoryStore): { path: string; bytes: number } {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, file);
  const bytes = encodeSnapshot(store, new Date());
  const handle = openSync(`${path}.new`, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${path}.new`, path);
  return { path, bytes: bytes.length };
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
  const path = join(directory, file);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new MemoryError(path, 'a readable file', (error as NodeJS.ErrnoException).code ?? (error as Error).message);
  }
  const snapshot = decodeSnapshot(bytes, path);
  const { canonicalizerVersion, modelId: made } = snapshot.store.identity;
  if (canonicalizerVersion !== CANONICALIZER_VERSION) {
    const expected = `${CANONICALIZER_VERSION} (the canonicalizer that this program has; learn again from captures)`;
    throw new MemoryError(`${path}: canonicalizerVersion`, expected, canonicalizerVersion);
  }
  if (modelId !== undefined && made !== modelId) {
    throw new MemoryError(`${path}: modelId`, `${modelId} (run: normgate memory rescore)`, made);
  }
  return snapshot;
}

/** Something that changes whenever the file does; empty while there is none. */
export function stampOf(directory: string, file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(join(directory, file));
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return '';
  }
}

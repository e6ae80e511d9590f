import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CANONICALIZER_VERSION } from '../canonicalize/canonical-request.js';
import { type Manifest, manifestSchema, SCHEMA_VERSIONS } from './manifest.js';

/** A bundle that must not serve; the message names the file or key, what was expected and what is there. */
export class BundleError extends Error {
  override readonly name = 'BundleError';

  constructor(place: string, expected: unknown, actual: unknown) {
    super(`${place}: expected ${expected}, got ${actual}`);
  }
}

/** A verified bundle: every file of the manifest has the stated hash. */
export interface Bundle {
  readonly directory: string;
  readonly manifest: Manifest;
  /** The model that the manifest says to serve. */
  readonly modelPath: string;
  readonly tokenizerPath: string;
  /** Weights of the linear view; undefined in a bundle that has the Transformer alone. */
  readonly ngramPath: string | undefined;
}

/** Reads and verifies `models/<id>/`. @throws BundleError on any mismatch, a missing file, or a malformed manifest. */
export async function loadBundle(directory: string): Promise<Bundle> {
  const manifest = await readManifest(join(directory, 'manifest.json'));
  const views = manifest.views !== undefined;
  for (const needed of [manifest.serve, 'tokenizer.json', ...(views ? ['ngram.bin'] : [])]) {
    if (!Object.hasOwn(manifest.files, needed)) {
      throw new BundleError(`${directory}/manifest.json: files`, `an entry for ${needed}`, 'none');
    }
  }
  for (const [name, { sha256, bytes }] of Object.entries(manifest.files)) {
    const path = join(directory, name);
    const size = await stat(path).then(
      (entry) => entry.size,
      (error) => {
        throw new BundleError(path, 'a file', error.code);
      },
    );
    if (size !== bytes) throw new BundleError(path, `${bytes} bytes`, `${size} bytes`);
    const actual = await hashOf(path);
    if (actual !== sha256) throw new BundleError(path, `SHA-256 ${sha256}`, actual);
  }
  return {
    directory,
    manifest,
    modelPath: join(directory, manifest.serve),
    tokenizerPath: join(directory, 'tokenizer.json'),
    ngramPath: views ? join(directory, 'ngram.bin') : undefined,
  };
}

async function readManifest(path: string): Promise<Manifest> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new BundleError(path, 'readable JSON', (error as Error).message);
  }
  // Versions first: a bundle of another version may differ in anything else, and its version is what to tell.
  const versions = (json ?? {}) as { schemaVersion?: unknown; canonicalizerVersion?: unknown };
  if (!SCHEMA_VERSIONS.some((known) => known === versions.schemaVersion)) {
    throw new BundleError(
      `${path}: schemaVersion`,
      `${SCHEMA_VERSIONS.join(' or ')} (the layouts that this program reads)`,
      JSON.stringify(versions.schemaVersion),
    );
  }
  if (versions.canonicalizerVersion !== CANONICALIZER_VERSION) {
    const expected = `${CANONICALIZER_VERSION} (the canonicalizer that this program has)`;
    throw new BundleError(`${path}: canonicalizerVersion`, expected, JSON.stringify(versions.canonicalizerVersion));
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BundleError(`${path}: ${issue!.path.join('.')}`, 'a valid manifest', issue!.message);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { KeyTable } from './key-table.js';
import { MemoryError } from './memory-error.js';
import {
  type Columns,
  emptyColumns,
  type HostRecord,
  type MemoryIdentity,
  MemoryStore,
  strideOf,
} from './memory-store.js';
import { MAX_QUORUM } from './quorum.js';
import type { Sample } from './samples.js';

/**
 * A snapshot on disk: magic, version, length of the header, header (JSON), columns (little-endian, each at a multiple of
 * 8), and the SHA-256 of all that. Read whole: a million values are about 25 MB.
 */
export const SNAPSHOT_VERSION = 3;
const MAGIC = 'NORMGMEM';
const DIGEST_BYTES = 32;
const START_BYTES = 16;

const whole = z.int().min(0);
const header = z.object({
  canonicalizerVersion: z.int(),
  modelId: z.string(),
  quorum: z.object({ clients: z.int().min(1).max(MAX_QUORUM), windows: z.int().min(1).max(MAX_QUORUM) }),
  windowMs: z.int().min(1),
  key: z.string().regex(/^[0-9a-f]{16}$/),
  createdAt: z.string(),
  sizes: z.object({ values: whole, fields: whole, symbols: whole }),
  sections: z.record(z.string(), z.object({ at: whole, bytes: whole })),
  hosts: z.array(
    z.object({
      name: z.string(),
      requests: whole,
      clients: whole,
      windows: whole,
      shownBy: z.array(whole.max(0xffff)),
      since: z.number(),
      until: z.number(),
    }),
  ),
});

const sample = z.tuple([z.string(), whole, whole, whole, z.number()]);
const clear = z.object({ names: z.array(z.string()), samples: z.array(z.tuple([whole, z.array(sample)])) });

const TABLES = ['values', 'fields', 'symbols'] as const;

/** A store as bytes. */
export function encodeSnapshot(store: MemoryStore, createdAt: Date): Buffer {
  const { identity } = store;
  const parts: { name: string; data: Buffer }[] = [];
  for (const table of TABLES) {
    const { lo, hi, size } = store[table];
    for (const [name, column] of [['lo', lo], ['hi', hi], ...Object.entries(store.columns[table])] as const) {
      const used = column.subarray(0, size * strideOf(name, identity.quorum));
      parts.push({ name: `${table}.${name}`, data: Buffer.from(used.buffer, used.byteOffset, used.byteLength) });
    }
  }
  const samples = store.samples.flatMap((list, field) =>
    list === undefined
      ? []
      : [[field, list.map(({ text, client, lot, rest, surprise }) => [text, client, lot, rest, surprise])]],
  );
  parts.push({ name: 'clear', data: Buffer.from(JSON.stringify({ names: store.names, samples })) });
  const sections: Record<string, { at: number; bytes: number }> = {};
  let at = 0;
  for (const { name, data } of parts) {
    sections[name] = { at, bytes: data.length };
    at += aligned(data.length);
  }
  const head = Buffer.from(
    JSON.stringify({
      canonicalizerVersion: identity.canonicalizerVersion,
      modelId: identity.modelId,
      quorum: identity.quorum,
      windowMs: identity.windowMs,
      key: Buffer.from(identity.key).toString('hex'),
      createdAt: createdAt.toISOString(),
      sizes: { values: store.values.size, fields: store.fields.size, symbols: store.symbols.size },
      sections,
      hosts: store.hosts.map((host) => ({ ...host, clients: host.clients >>> 0 })),
    }),
  );
  const body = START_BYTES + aligned(head.length);
  const bytes = Buffer.alloc(body + at + DIGEST_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(SNAPSHOT_VERSION, 8);
  bytes.writeUInt32LE(head.length, 12);
  head.copy(bytes, START_BYTES);
  for (const { name, data } of parts) data.copy(bytes, body + sections[name]!.at);
  createHash('sha256')
    .update(bytes.subarray(0, -DIGEST_BYTES))
    .digest()
    .copy(bytes, bytes.length - DIGEST_BYTES);
  return bytes;
}

/** What a snapshot holds but names and samples: plain data, whose buffers go to another thread without a copy. */
export interface SnapshotTables {
  readonly identity: MemoryIdentity;
  readonly createdAt: string;
  readonly hosts: readonly HostRecord[];
  readonly keys: Readonly<Record<(typeof TABLES)[number], Pick<KeyTable, 'lo' | 'hi' | 'size' | 'slots'>>>;
  readonly columns: Columns;
}

/** What a snapshot holds in clear, or a slice of it. */
export interface SnapshotClear {
  /** The field that both lists begin with. */
  readonly from: number;
  readonly names: readonly string[];
  readonly samples: readonly (readonly Sample[] | undefined)[];
}

/**
 * The store in a snapshot.
 *
 * @param place the file's name, for messages.
 * @throws MemoryError when it is cut, changed, or of another version.
 */
export function decodeSnapshot(bytes: Buffer, place: string): { store: MemoryStore; createdAt: string } {
  const { tables, clear } = unpackSnapshot(bytes, place);
  const store = storeOf(tables);
  addClear(store, clear);
  return { store, createdAt: tables.createdAt };
}

/** A store over the tables, without names and samples; it takes them over. */
export function storeOf({ identity, hosts, keys, columns }: SnapshotTables): MemoryStore {
  const store = new MemoryStore(identity);
  for (const host of hosts) store.addHost(host);
  for (const table of TABLES) {
    const { lo, hi, size, slots } = keys[table];
    store[table] = new KeyTable(lo, hi, size, slots);
  }
  store.columns = columns;
  return store;
}

export function addClear(store: MemoryStore, { from, names, samples }: SnapshotClear): void {
  names.forEach((name, i) => {
    store.names[from + i] = name;
  });
  samples.forEach((list, i) => {
    if (list === undefined) return;
    store.samples[from + i] = [...list];
    for (const { text } of list) store.sampleUnits += text.length;
  });
}

/** A snapshot checked and taken apart; of all that loading one costs, nearly everything. @throws MemoryError as above. */
export function unpackSnapshot(bytes: Buffer, place: string): { tables: SnapshotTables; clear: SnapshotClear } {
  if (bytes.length < START_BYTES + DIGEST_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) {
    throw new MemoryError(place, 'a memory snapshot', bytes.length === 0 ? 'an empty file' : 'something else');
  }
  const version = bytes.readUInt32LE(8);
  if (version !== SNAPSHOT_VERSION) {
    throw new MemoryError(`${place}: version`, `${SNAPSHOT_VERSION} (learn again from the captures)`, version);
  }
  const digest = createHash('sha256').update(bytes.subarray(0, -DIGEST_BYTES)).digest();
  if (!digest.equals(bytes.subarray(-DIGEST_BYTES))) {
    throw new MemoryError(
      `${place}: SHA-256`,
      bytes.toString('hex', bytes.length - DIGEST_BYTES),
      digest.toString('hex'),
    );
  }
  const length = bytes.readUInt32LE(12);
  const head = parsed(header, bytes.toString('utf8', START_BYTES, START_BYTES + length), place);
  const body = START_BYTES + aligned(length);
  const section = (name: string): Buffer => {
    const { at, bytes: size } = head.sections[name] ?? { at: 0, bytes: -1 };
    if (size < 0 || body + at + size > bytes.length - DIGEST_BYTES)
      throw new MemoryError(`${place}: ${name}`, 'a section', 'none');
    return bytes.subarray(body + at, body + at + size);
  };
  const { canonicalizerVersion, modelId, quorum, windowMs, sizes } = head;
  const columns = emptyColumns();
  const keys = {} as Record<(typeof TABLES)[number], SnapshotTables['keys']['values']>;
  for (const table of TABLES) {
    const size = sizes[table];
    const read = (name: string, empty: { readonly constructor: unknown; readonly BYTES_PER_ELEMENT: number }) => {
      const data = section(`${table}.${name}`);
      const expected = size * strideOf(name, quorum) * empty.BYTES_PER_ELEMENT;
      if (data.length !== expected)
        throw new MemoryError(`${place}: ${table}.${name}`, `${expected} bytes`, data.length);
      // A copy: columns of a store grow, and must not keep the whole file alive.
      const copy = new Uint8Array(data).buffer;
      return new (empty.constructor as new (buffer: ArrayBuffer) => Uint32Array<ArrayBuffer>)(copy);
    };
    const { lo, hi, slots } = new KeyTable(read('lo', new Uint32Array(0)), read('hi', new Uint32Array(0)), size);
    keys[table] = { lo, hi, size, slots };
    const target = columns[table] as unknown as Record<string, { constructor: unknown; BYTES_PER_ELEMENT: number }>;
    for (const name of Object.keys(target)) target[name] = read(name, target[name]!);
  }
  checkReferences(columns, head.hosts.length, sizes, place);
  const { names, samples } = parsed(clear, section('clear').toString('utf8'), place);
  if (names.length !== sizes.fields) throw new MemoryError(`${place}: names`, sizes.fields, names.length);
  const byField: Sample[][] = [];
  for (const [field, list] of samples)
    byField[field] = list.map(([text, client, lot, rest, surprise]) => ({ text, client, lot, rest, surprise }));
  const identity = { canonicalizerVersion, modelId, quorum, windowMs, key: Buffer.from(head.key, 'hex') };
  return {
    tables: { identity, createdAt: head.createdAt, hosts: head.hosts, keys, columns },
    clear: { from: 0, names, samples: byField },
  };
}

/** Numbers that point into other tables; a wrong one would be read as no memory at all, silently. */
function checkReferences(
  { values, fields, symbols }: Columns,
  hosts: number,
  sizes: { readonly fields: number },
  place: string,
): void {
  const within = (name: string, column: Uint32Array, size: number): void => {
    for (const number of column)
      if (number >= size) throw new MemoryError(`${place}: ${name}`, `numbers below ${size}`, number);
  };
  within('fields.host', fields.host, hosts);
  within('fields.anywhere', fields.anywhere, sizes.fields);
  within('values.field', values.field, sizes.fields);
  within('symbols.field', symbols.field, sizes.fields);
}

function parsed<T>(schema: z.ZodType<T>, text: string, place: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new MemoryError(place, 'readable JSON', (error as Error).message);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MemoryError(`${place}: ${issue!.path.join('.')}`, 'a valid snapshot', issue!.message);
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

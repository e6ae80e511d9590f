import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CANONICALIZER_VERSION } from '../../../src/canonicalize/canonical-request.js';
import { describeFields } from '../../../src/memory/describe-fields.js';
import { LearnedMemory } from '../../../src/memory/learned-memory.js';
import { MemoryStore } from '../../../src/memory/memory-store.js';
import { only, pour } from '../../../src/memory/pour.js';
import { rescore } from '../../../src/memory/rescore.js';
import { ServedMemory } from '../../../src/memory/served-memory.js';
import { decodeSnapshot, encodeSnapshot } from '../../../src/memory/snapshot-file.js';
import { readSnapshot, SERVING, writeSnapshot } from '../../../src/memory/snapshot-folder.js';
import { learn, newStore, query } from './support.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'memory-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const structure = (route: string): string => `\ue003GET\ue00b${route} id q`;

function filled(from = 0, to = 60): MemoryStore {
  const identity = { ...newStore({ clients: 2, windows: 1 }).identity, canonicalizerVersion: CANONICALIZER_VERSION };
  const store = new MemoryStore(identity);
  for (let k = from; k < to; k++) {
    const texts = [structure(k % 2 === 0 ? '/a' : '/b'), query('q', `word;${k % 7}`), '\ue006accept\ue00btext/é😀'];
    learn(store, texts, {
      client: `10.0.0.${k % 9}`,
      window: k % 4,
      surprise: (k % 10) / 4,
      host: k % 3 === 0 ? 'other.test' : 'shop.test',
    });
  }
  return store;
}

/** Everything that people and scoring see. */
const seen = (store: MemoryStore): unknown => [
  [...describeFields(store)],
  store.hosts.map((host) => ({ ...host, clients: host.clients >>> 0 })),
];

describe('a snapshot', () => {
  it('comes back as it was', () => {
    const store = filled();
    writeSnapshot(dir, SERVING, store);
    const read = readSnapshot(dir, SERVING, 'tiny').store;
    expect(seen(read)).toEqual(seen(store));
    expect(read.identity.key).toEqual(Buffer.from(store.identity.key));
    expect(new LearnedMemory(read).open('SHOP.test:8080', [])!.knows(query('q', 'word;1'))).toBe(true);
    // And can be learned on.
    learn(read, [query('q', 'word;1'), query('fresh', 'x')], {});
    expect(read.fields.size).toBeGreaterThan(store.fields.size);
  });

  it.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, -100), /SHA-256/],
    ['emptied', (bytes: Buffer) => bytes.subarray(0, 0), /a memory snapshot, got an empty file/],
    [
      'changed in one bit',
      (bytes: Buffer) => {
        bytes[Math.floor(bytes.length / 2)]! ^= 1;
        return bytes;
      },
      /SHA-256/,
    ],
    [
      'something else',
      () => Buffer.from('{"not": "a snapshot, whatever its name says, and long enough to be one"}'),
      /a memory snapshot, got something else/,
    ],
    [
      'of another version',
      (bytes: Buffer) => {
        bytes.writeUInt32LE(9, 8);
        return bytes;
      },
      /version: expected 2 \(learn again from the captures\), got 9/,
    ],
  ])('that was %s is refused, and the one before serves on', (_, spoil, message) => {
    const store = filled();
    const { path } = writeSnapshot(dir, SERVING, store);
    const refused: Error[] = [];
    const served = new ServedMemory({ dir, modelId: 'tiny', onRefused: (error) => refused.push(error) });
    served.load();
    const before = served.current();
    writeFileSync(path, spoil(readFileSync(path)));
    served.reload(true);
    expect(refused.map(String).join()).toMatch(message);
    expect(served.current()).toBe(before);
    expect(before!.open('shop.test', [])!.knows(query('q', 'word;1'))).toBe(true);
  });

  it('of another model or canonicalizer is refused by name', () => {
    writeSnapshot(dir, SERVING, filled());
    expect(() => readSnapshot(dir, SERVING, 'other')).toThrow(
      /modelId: expected other \(run: normgate memory rescore\), got tiny/,
    );
    const old = new MemoryStore({ ...filled().identity, canonicalizerVersion: 1 });
    writeSnapshot(dir, SERVING, old);
    expect(() => readSnapshot(dir, SERVING)).toThrow(/canonicalizerVersion: expected .* got 1/);
  });

  it('whose numbers point nowhere is refused although its hash is right', () => {
    const store = filled();
    store.columns.values.field[3] = 999_999;
    expect(() => decodeSnapshot(encodeSnapshot(store, new Date(0)), 'file')).toThrow(
      /file: values.field: expected numbers below \d+, got 999999/,
    );
  });

  it('is swapped when the file changes, at once and whole', () => {
    writeSnapshot(dir, SERVING, filled(0, 10));
    const served = new ServedMemory({ dir, modelId: 'tiny' });
    served.load();
    const before = served.current();
    served.reload();
    expect(served.current()).toBe(before);
    writeSnapshot(dir, SERVING, filled());
    served.reload();
    expect(served.current()).not.toBe(before);
    expect(served.current()!.sizes().values).toBe(filled().values.size);
  });
});

describe('two stores of one key', () => {
  it('merge to what one would have learned of everything', () => {
    const merged = filled(0, 30);
    pour(filled(30, 60), merged);
    const whole = filled();
    for (const [k, field] of [...describeFields(merged)].entries()) {
      const { samples: _, ...expected } = [...describeFields(whole)].find(
        (one) => one.host === field.host && one.field === field.field,
      )!;
      expect(field, String(k)).toMatchObject(expected);
    }
    expect(merged.fields.size).toBe(whole.fields.size);
    expect(merged.values.size).toBe(whole.values.size);
  });

  it('of different keys or quorums do not', () => {
    const store = filled();
    expect(() => pour(new MemoryStore({ ...store.identity, key: new Uint8Array(8) }), store)).toThrow(
      /memory key: expected the same/,
    );
    expect(() => pour(new MemoryStore({ ...store.identity, quorum: { clients: 1, windows: 1 } }), store)).toThrow(
      /memory quorum/,
    );
  });

  it('forget a host without a trace in clear', () => {
    const smaller = only(filled(), { host: (host) => host !== 0 });
    expect(smaller.hosts.map(({ name }) => name)).toEqual(['shop.test']);
    expect(encodeSnapshot(smaller, new Date(0)).includes('other.test')).toBe(false);
    expect(new LearnedMemory(smaller).open('shop.test', [])!.knows(query('q', 'word;1'))).toBe(true);
  });
});

describe('another model', () => {
  it('gets ceilings from the samples, and asks for nothing else', async () => {
    const moved = await rescore(filled(), 'next', async (texts) =>
      texts.map((text) => (text.includes('word') ? 3 : 0.5)),
    );
    expect(moved.identity.modelId).toBe('next');
    const host = new LearnedMemory(moved).open('shop.test', [{ text: structure('/a') }])!;
    expect(host.field(query('q', 'z'), 1)).toMatchObject({ ceiling: 3 });
    expect(host.field('\ue006accept\ue00bz', 1)).toMatchObject({ ceiling: 0.5 });
    expect(host.knows(query('q', 'word;1'))).toBe(true);
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { readSnapshot, SERVING, stampOf, writeSnapshot } from '../../../src/memory/snapshot-folder.js';
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
      /version: expected \d+ \(learn again from the captures\), got 9/,
    ],
  ])('that was %s is refused, and the one before serves on', async (_, spoil, message) => {
    const store = filled();
    const { path } = writeSnapshot(dir, SERVING, store);
    const refused: Error[] = [];
    const served = new ServedMemory({ dir, modelId: 'tiny', onRefused: (error) => refused.push(error) });
    served.load();
    const before = served.current();
    writeFileSync(path, spoil(readFileSync(path)));
    await served.reload(true);
    expect(refused.map(String).join()).toMatch(message);
    expect(served.current()).toBe(before);
    expect(before!.open('shop.test', [])!.knows(query('q', 'word;1'))).toBe(true);
  });

  it('of another model or canonicalizer is refused by name', () => {
    writeSnapshot(dir, SERVING, filled());
    expect(() => readSnapshot(dir, SERVING, 'other')).toThrow(
      /modelId: expected other \(run: normgate memory rescore .*\), got tiny/,
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

  it('is swapped when the file changes, at once and whole', async () => {
    writeSnapshot(dir, SERVING, filled(0, 10));
    const served = new ServedMemory({ dir, modelId: 'tiny' });
    served.load();
    const before = served.current();
    await served.reload();
    expect(served.current()).toBe(before);
    writeSnapshot(dir, SERVING, filled());
    await served.reload();
    expect(served.current()).not.toBe(before);
    expect(served.current()!.sizes().values).toBe(filled().values.size);
    expect(seen(served.current()!.store)).toEqual(seen(readSnapshot(dir, SERVING).store));
    expect(served.current()!.store.sampleUnits).toBe(readSnapshot(dir, SERVING).store.sampleUnits);
  });

  it('is loaded while requests are answered, each by the one memory or the other', async () => {
    const store = filled();
    // Three slices of names and samples.
    for (let k = 0; k < 2500; k++) learn(store, [query(`name${k}`, 'a')]);
    writeSnapshot(dir, SERVING, filled(0, 10));
    const served = new ServedMemory({ dir, modelId: 'tiny' });
    served.load();
    writeSnapshot(dir, SERVING, store);
    const load = served.reload();
    let loaded = false;
    void load.then(() => {
      loaded = true;
    });
    const answers: unknown[] = [];
    while (!loaded) {
      answers.push(served.current()!.open('shop.test', [])!.knows(query('q', 'word;1')));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(answers.length).toBeGreaterThan(3);
    expect(served.current()!.sizes().fields).toBe(store.fields.size);
    expect(served.current()!.store.names).toEqual(store.names);
  });

  it('is refused at the start only where somebody is told, and then nothing is remembered', async () => {
    writeFileSync(join(dir, SERVING), 'rubbish, of some length so that it is not taken for an empty file');
    expect(() => new ServedMemory({ dir, modelId: 'tiny' }).load()).toThrow(/a memory snapshot, got something else/);
    const refused: unknown[] = [];
    const served = new ServedMemory({ dir, modelId: 'tiny', onRefused: (_, serving) => refused.push(serving) });
    served.load();
    expect(refused).toEqual([null]);
    expect(served.current()).toBeNull();
    writeSnapshot(dir, SERVING, filled());
    await served.reload();
    expect(served.current()).not.toBeNull();
  });

  it('does not replace one that somebody else has put there', () => {
    const { stamp } = writeSnapshot(dir, SERVING, filled(0, 10));
    expect(stampOf(dir, SERVING)).toBe(stamp);
    writeSnapshot(dir, SERVING, filled(), stamp);
    expect(() => writeSnapshot(dir, SERVING, filled(0, 20), stamp)).toThrow(
      /memory.bin: expected the file that was written last, got another one/,
    );
    expect(readSnapshot(dir, SERVING).store.values.size).toBe(filled().values.size);
    expect(readdirSync(dir)).toEqual([SERVING]);
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

  it('leaves the plain route of a field plain', async () => {
    const store = new MemoryStore({ ...filled().identity, quorum: { clients: 2, windows: 2 } });
    for (let k = 0; k < 80; k++) {
      const odd = k % 2 === 0;
      const texts = [structure(odd ? '/code' : '/name'), query('q', odd ? `<b>${k % 10}` : `word ${k % 10}`)];
      learn(store, texts, { client: `10.0.0.${(k >> 1) % 7}`, window: k % 5, surprise: odd ? 3 : 1 });
    }
    const moved = await rescore(store, 'next', async (texts) => texts.map((text) => (text.includes('<') ? 4 : 0.5)));
    const memory = new LearnedMemory(moved);
    const ceiling = (route: string): number =>
      memory.open('shop.test', [{ text: structure(route) }])!.field(query('q', 'z'), 1)!.ceiling;
    expect([ceiling('/code'), ceiling('/name'), ceiling('/none')]).toEqual([4, 0.5, 4]);
  });
});

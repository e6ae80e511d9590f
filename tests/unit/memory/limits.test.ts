import { describe, expect, it } from 'vitest';
import { KeyTable } from '../../../src/memory/key-table.js';
import { KeyedHash } from '../../../src/memory/keyed-hash.js';
import { LearnedMemory } from '../../../src/memory/learned-memory.js';
import { Learner } from '../../../src/memory/learner.js';
import type { Evicted } from '../../../src/memory/make-room.js';
import { HOUR, newStore, OPTIONS, query } from './support.js';

const LIMITS = { maxHosts: 20, maxFields: 300, maxValues: 500, maxSampleUnits: 4000 };

function flooded(attack: (k: number) => { host?: string; text: string }) {
  const evicted: Evicted[] = [];
  const learner = new Learner(newStore({ clients: 3, windows: 2 }), {
    ...OPTIONS,
    maxSampleUnits: LIMITS.maxSampleUnits,
    limits: LIMITS,
    onEvicted: (one) => evicted.push(one),
  });
  const send = (host: string, client: string, window: number, text: string): void => {
    learner.consider({
      host,
      client,
      time: window * HOUR,
      fields: [{ text }],
      surprises: [0],
      status: null,
      flagged: false,
    });
  };
  for (let k = 0; k < 200; k++) send('shop.test', `10.0.0.${k % 10}`, k % 6, query('q', `word${'abcdefgh'[k % 8]}`));
  for (let k = 0; k < 6000; k++) {
    const { host = 'shop.test', text } = attack(k);
    send(host, '192.0.2.1', k % 6, text);
  }
  learner.keepWithin();
  return { store: learner.store, evicted };
}

describe('exhaustion', () => {
  it.each([
    ['values', (k: number) => ({ text: query('q', `junk-${k}`) })],
    [
      'names',
      (k: number) => ({
        text: query(
          `n${'abcdefghijklmnopqrstuvwxyz'[k % 26]}${String.fromCharCode(97 + ((k / 26) % 26))}${String.fromCharCode(97 + ((k / 676) % 26))}`,
          'x',
        ),
      }),
    ],
    ['hosts', (k: number) => ({ host: `h${k}.test`, text: query('q', 'x') })],
  ])('by random %s is bounded, counted, and drives out nothing that the quorum has seen', (_, attack) => {
    const { store, evicted } = flooded(attack);
    expect(store.hosts.length).toBeLessThanOrEqual(LIMITS.maxHosts);
    expect(store.fields.size).toBeLessThanOrEqual(LIMITS.maxFields);
    expect(store.values.size).toBeLessThanOrEqual(LIMITS.maxValues);
    expect(store.sampleUnits).toBeLessThanOrEqual(LIMITS.maxSampleUnits);
    expect(store.sampleUnits).toBe(store.samples.flat().reduce((sum, sample) => sum + (sample?.text.length ?? 0), 0));
    expect(evicted.length).toBeGreaterThan(0);
    expect(evicted.reduce((sum, one) => sum + one.values + one.fields + one.hosts, 0)).toBeGreaterThan(1000);
    const host = new LearnedMemory(store).open('shop.test', [])!;
    for (const letter of 'abcdefgh') expect(host.knows(query('q', `word${letter}`)), letter).toBe(true);
    expect(host.field(query('q', 'x'), 20)).not.toBeNull();
  });
});

describe('the keyed hash', () => {
  it('is another function under another key, so that colliding texts cannot be chosen ahead', () => {
    const one = new KeyedHash(new Uint8Array(8).fill(1));
    const other = new KeyedHash(new Uint8Array(8).fill(2));
    // Texts of one bucket under the first key, as an attacker with that key would send.
    const bucket: string[] = [];
    for (let k = 0; bucket.length < 500; k++) {
      one.of(0, `v${k}`);
      if ((one.lo & 127) === 7) bucket.push(`v${k}`);
    }
    const spread = new Set(
      bucket.map((text) => {
        other.of(0, text);
        return other.lo & 127;
      }),
    );
    expect(spread.size).toBeGreaterThan(100);
  });

  it('tells apart what differs in length, seed or any unit', () => {
    const hash = new KeyedHash(new Uint8Array(8).fill(9));
    const seen = new Set<string>();
    const texts = [
      '',
      '\0',
      '\0\0',
      '\0\0\0',
      'a',
      'a\0',
      'a\0\0',
      'b',
      'ab',
      'ba',
      'abc',
      'abcd',
      'abce',
      'bbcd',
      'é',
      '\ue005',
      'x'.repeat(1000),
      'x'.repeat(1001),
      `${'x'.repeat(65_535)}`,
      `${'x'.repeat(131_071)}`,
    ];
    for (const seed of [0, 1, -1]) {
      for (const text of texts) {
        hash.of(seed, text);
        expect(hash.lo !== 0 || hash.hi !== 0).toBe(true);
        seen.add(`${hash.lo}:${hash.hi}`);
      }
    }
    expect(seen.size).toBe(3 * texts.length);
  });

  it('spreads 16-bit changes over both halves', () => {
    const hash = new KeyedHash(new Uint8Array(8).fill(3));
    const lows = new Set<number>();
    const highs = new Set<number>();
    for (let unit = 0; unit < 65_536; unit++) {
      hash.of(0, String.fromCharCode(unit));
      lows.add(hash.lo & 0xffff);
      highs.add(hash.hi & 0xffff);
    }
    // Of a random function, 1 - 1/e of all values occur.
    for (const found of [lows.size, highs.size]) expect(Math.abs(found / 65_536 - 0.632)).toBeLessThan(0.01);
  });
});

describe('the table', () => {
  it('finds what was added and nothing else, while it grows', () => {
    const table = new KeyTable();
    for (let k = 1; k <= 5000; k++) expect(table.add(Math.imul(k, 0x9e3779b1) >>> 0, k)).toBe(k - 1);
    for (let k = 1; k <= 5000; k++) expect(table.find(Math.imul(k, 0x9e3779b1) >>> 0, k)).toBe(k - 1);
    expect(table.find(1, 1)).toBe(-1);
    expect(table.add(Math.imul(77, 0x9e3779b1) >>> 0, 77)).toBe(76);
  });
});

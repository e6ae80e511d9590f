import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeMemory } from '../../../src/explain/describe-memory.js';
import { describeFields } from '../../../src/memory/describe-fields.js';
import { LearnedMemory } from '../../../src/memory/learned-memory.js';
import { Learner } from '../../../src/memory/learner.js';
import { DEFAULT_MEMORY_LIMITS } from '../../../src/memory/memory-limits.js';
import { MemoryStore } from '../../../src/memory/memory-store.js';
import { only, pour } from '../../../src/memory/pour.js';
import { decodeSnapshot, encodeSnapshot } from '../../../src/memory/snapshot-file.js';
import { MemoryView } from '../../../src/score/memory-view.js';
import { HOUR, learn, newStore, OPTIONS, query } from './support.js';

const RULE = {
  base: 1.5,
  routeFrom: 20,
  noveltyFree: 0.3,
  noveltyWeight: 0.6,
  lengthWeight: 0.25,
  mostBonus: 1,
  mostDiscount: 2,
  newsSpan: 1,
};
const QUORUM = { clients: 3, windows: 2 };

/** What a store makes of a value with surprise 3.5: the shift, and how it is told. */
function judged(store: MemoryStore, text: string): { shift: number; told: string; nearest: readonly string[] } {
  const memory = new LearnedMemory(store);
  const view = new MemoryView({ rule: RULE, matureFrom: 1, calibration: undefined as never, current: () => memory });
  const field = { text } as never;
  const look = view.look('shop.test', [field])!;
  const shift = look.adjust(0, 3.5) - 3.5;
  const described = look.describe(field, shift);
  return { shift, told: describeMemory(described), nearest: described.kind === 'field' ? described.nearest() : [] };
}

/** 40 requests of eight clients that show one odd value, then what one more sends, through the learner. */
function besides(attack: (k: number) => string, requests: number): MemoryStore {
  const learner = new Learner(newStore(QUORUM), { ...OPTIONS, limits: DEFAULT_MEMORY_LIMITS });
  const send = (client: string, k: number, text: string, surprise: number): void => {
    const time = (k % 5) * HOUR;
    learner.consider({
      host: 'shop.test',
      client,
      time,
      fields: [{ text }],
      surprises: [surprise],
      status: 200,
      flagged: false,
    });
  };
  for (let k = 0; k < 40; k++) send(`10.0.0.${k % 8}`, k, query('f', "a>1 AND (b='x')"), 3);
  for (let k = 0; k < requests; k++) send('66.6.6.6', k, attack(k), 0.3);
  return learner.store;
}

describe('one client', () => {
  const payload = query('f', "' OR '1'='1");
  const clean = judged(
    besides(() => '', 0),
    payload,
  );

  it('does not widen what a field excuses by inventing values', () => {
    expect(clean.told).toMatch(/^ceiling 3\.0 of 1 value, -0\.75$/);
    const flooded = judged(
      besides((k) => query('f', `a>1 size ${k}`), 2000),
      payload,
    );
    expect(flooded.told).toBe(clean.told);
    expect(flooded.shift).toBe(clean.shift);
  });

  it('has 16 observations of a field, however often it repeats one', () => {
    const store = besides(() => query('f', 'red shoes'), 2000);
    expect(judged(store, query('f', 'x;y')).told).toContain('new symbol after 56 observations');
    expect(judged(store, payload).shift).toBe(clean.shift);
    expect([...describeFields(store)][0]).toMatchObject({ observations: 2040, clients: 9 });
  });

  it('shows people nothing of its own, and leaves room for what is known', () => {
    const store = besides((k) => query('f', `call 555-${k}`), 2000);
    expect(judged(store, payload).nearest).toEqual([query('f', "a>1 AND (b='x')")]);
    expect([...describeFields(store)][0]!.samples).toEqual(["a>1 AND (b='x')"]);
  });
});

describe('values that count', () => {
  const count = (store: MemoryStore): number =>
    new LearnedMemory(store).field(store.findField(0, query('f', '').slice(0, -1)))!.values;
  /** Free text: every value is one client's. */
  const write = (store: MemoryStore, client: string, times: number): void => {
    for (let k = 0; k < times; k++) learn(store, [query('f', `${client} wrote ${k}`)], { client, window: k });
  };

  it('are, of free text, all but what the busiest clients below the quorum wrote', () => {
    const store = newStore(QUORUM);
    for (const [k, times] of [9, 8, 7, 3, 2, 1].entries()) write(store, `10.0.0.${k}`, times);
    expect(count(store)).toBe(7 + 3 + 2 + 1);
    write(store, '66.6.6.6', 1000);
    // What the next busiest wrote counts now, and nothing of what the busiest did.
    expect(count(store)).toBe(8 + 7 + 3 + 2 + 1);
    write(store, '66.6.6.7', 1000);
    expect(count(store)).toBe(9 + 8 + 7 + 3 + 2 + 1);
  });

  it('are known ones too, and one at least, and all under a quorum of one client', () => {
    const store = newStore(QUORUM);
    for (let k = 0; k < 6; k++) learn(store, [query('f', 'same')], { client: `10.0.0.${k % 3}`, window: k });
    expect(count(store)).toBe(1);
    for (let k = 0; k < 6; k++) learn(store, [query('f', 'other')], { client: `10.0.0.${k % 3}`, window: k });
    expect(count(store)).toBe(2);
    const few = newStore(QUORUM);
    for (let k = 0; k < 4; k++) write(few, `10.0.0.${k % 2}`, 2);
    learn(few, [query('f', '10.0.0.0 wrote 0')], { client: '10.0.0.2' });
    expect(count(few)).toBe(1);
    const trusting = newStore({ clients: 1, windows: 1 });
    write(trusting, 'x', 30);
    expect(count(trusting)).toBe(30);
  });

  it('come out alike after a snapshot, a merge and a copy', () => {
    const part = (from: number): MemoryStore => {
      const store = newStore(QUORUM);
      for (let k = from; k < from + 300; k++) {
        const own = query('f', `note ${k}`);
        learn(store, [k % 3 === 0 ? own : query('f', `word ${k % 40}`)], {
          client: `10.0.${(k * k) % 50}.1`,
          window: k % 7,
        });
      }
      return store;
    };
    const whole = part(0);
    const tally = (store: MemoryStore) => {
      const { values, knownValues, shareBrought } = store.columns.fields;
      return [values[0], knownValues[0], shareBrought.reduce((sum, one) => sum + one, 0), count(store)];
    };
    expect(tally(decodeSnapshot(encodeSnapshot(whole, new Date(0)), 'file').store)).toEqual(tally(whole));
    expect(tally(only(whole, {})).slice(0, 3)).toEqual(tally(whole).slice(0, 3));
    const merged = part(300);
    pour(whole, merged);
    const [values, known, brought] = tally(merged) as [number, number, number];
    expect(brought).toBe(values - known);
    const smaller = only(merged, { value: (value) => value % 2 === 0 });
    const [left, leftKnown, leftBrought] = tally(smaller) as [number, number, number];
    expect(left).toBe(Math.ceil(values / 2));
    expect(leftBrought).toBe(left - leftKnown);
  });
});

describe('observations that count', () => {
  const n = (store: MemoryStore): number => new LearnedMemory(store).field(0)!.n;

  it('are at most 16 of a client and 512 of all', () => {
    const store = newStore({ clients: 2, windows: 1 });
    for (let client = 0; client < 20; client++)
      for (let k = 0; k < 5 + client; k++) learn(store, [query('f', 'x')], { client: `10.0.0.${client}` });
    expect(n(store)).toBe(Array.from({ length: 20 }, (_, client) => Math.min(16, 5 + client)).reduce((a, b) => a + b));
    for (let k = 0; k < 3000; k++) learn(store, [query('f', 'x')], { client: `10.1.${k % 250}.${k}` });
    expect(n(store)).toBe(512);
    expect([...describeFields(store)][0]!.clients).toBeLessThanOrEqual(133);
  });
});

describe('clients', () => {
  it('are told apart up to the quorum, whatever the key', () => {
    for (let seed = 0; seed < 300; seed++) {
      const key = createHash('sha256').update(String(seed)).digest().subarray(0, 8);
      const keyed = new MemoryStore({ ...newStore({ clients: 8, windows: 1 }).identity, key });
      const text = query('f', 'x');
      for (let k = 0; k < 8; k++) {
        const known = new LearnedMemory(keyed).open('shop.test', [])?.knows(text) ?? false;
        expect(known, `${seed}: ${k}`).toBe(false);
        learn(keyed, [text], { client: `10.0.0.${k}` });
      }
      expect(new LearnedMemory(keyed).open('shop.test', [])?.known(text)?.clients, String(seed)).toBeGreaterThanOrEqual(
        8,
      );
    }
  });
});

describe('what memory says of a length', () => {
  it('is told where the value is more than twice as long as any before', () => {
    const store = newStore();
    for (let k = 0; k < 30; k++) learn(store, [query('f', 'abcd')], {});
    expect(judged(store, query('f', 'x'.repeat(20))).told).toBe(
      'ceiling 0.0 of 1 value, over twice as long as ever after 30 observations, +0.30',
    );
    expect(judged(store, query('f', `${'x'.repeat(20)};`)).told).toContain(
      'new symbol and over twice as long as ever after 30 observations',
    );
    expect(judged(store, query('f', 'xyz')).told).toBe('ceiling 0.0 of 1 value, +0.00');
  });
});

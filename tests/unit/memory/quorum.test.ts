import { describe, expect, it } from 'vitest';
import { ClientBook } from '../../../src/memory/client-book.js';
import { clientOf } from '../../../src/memory/client-of.js';
import { LearnedMemory } from '../../../src/memory/learned-memory.js';
import { bitCount, checkQuorum, estimateClients } from '../../../src/memory/quorum.js';
import { MemoryRule } from '../../../src/score/memory-rule.js';
import { HOUR, learn, newStore, query } from './support.js';

const structure = '\ue003GET\ue00b/search q';
const benign = (k: number): string => query('q', `blue shirt ${'abcdefghij'[k % 10]}`);
const payload = query('q', `' or 1=1; -- <x>`);
const rule = new MemoryRule({
  base: 1.5,
  routeFrom: 20,
  noveltyFree: 0.3,
  noveltyWeight: 0.5,
  lengthWeight: 0.25,
  mostBonus: 1,
  mostDiscount: 2,
  newsSpan: 1,
});

/** 20 clients over 6 hours, then as many poisoners as told, each with its own payload variants and the common one. */
function poisoned(poisoners: number, windows = 6) {
  const store = newStore({ clients: 3, windows: 2 });
  for (let k = 0; k < 200; k++)
    learn(store, [structure, benign(k)], { client: `10.0.0.${k % 20}`, window: k % 6, surprise: 0.4 });
  for (let k = 0; k < poisoners * 40; k++) {
    const texts = [structure, k % 2 === 0 ? payload : query('q', `' union select ${k}; -- <y>`)];
    learn(store, texts, { client: `192.0.2.${k % Math.max(1, poisoners)}`, window: k % windows, surprise: 5 });
  }
  return new LearnedMemory(store).open('shop.test', [{ text: structure }])!;
}

function shiftOf(host: ReturnType<typeof poisoned>, text: string): number {
  const symbols = new Uint32Array(4);
  host.symbols(text, symbols);
  return rule.adjust(rule.judge(host.field(text, 20)!, symbols, text.length), 3) - 3;
}

describe('poisoning', () => {
  it('teaches nothing below the quorum of clients, however often it is repeated', () => {
    const clean = poisoned(0);
    for (const poisoners of [1, 2]) {
      const host = poisoned(poisoners);
      expect(host.knows(payload)).toBe(false);
      expect(host.field(payload, 20)!.symbols).toEqual(clean.field(payload, 20)!.symbols);
      expect(host.field(payload, 20)!.ceiling).toBeCloseTo(0.4);
      // What is new gets less new, by one introduction a client: 0.5 * log10(2), 0.5 * log10(3).
      expect(shiftOf(clean, payload) - shiftOf(host, payload)).toBeLessThan(0.5 * Math.log10(poisoners + 1) + 0.01);
      expect(shiftOf(host, payload)).toBeGreaterThan(0.6);
    }
  });

  it('teaches nothing in fewer windows than the quorum asks for, whatever the number of clients', () => {
    const host = poisoned(8, 1);
    expect(host.knows(payload)).toBe(false);
    expect(host.field(payload, 20)!.ceiling).toBeCloseTo(0.4);
    expect(shiftOf(host, payload)).toBeGreaterThan(0.3);
  });

  it('succeeds from the quorum on: that is what the quorum is', () => {
    expect(poisoned(8).knows(payload)).toBe(true);
  });

  it('counts one IPv6 network as one client, and no port', () => {
    expect(clientOf('2001:db8:1:2:aaaa::1')).toBe(clientOf('[2001:0db8:1:2:ffff:0:0:9]:443'));
    expect(clientOf('2001:db8:1:3::1')).not.toBe(clientOf('2001:db8:1:2::1'));
    expect(clientOf('192.0.2.7:5050')).toBe('192.0.2.7');
    expect(clientOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(clientOf('::1')).toBe('0:0:0:0');
    expect(clientOf('')).toBe('');
  });
});

describe('a set of witnesses', () => {
  it('never claims more clients than there were, and roughly tells how many', () => {
    const store = newStore({ clients: 1, windows: 1 });
    const text = query('q', 'x');
    for (let k = 1; k <= 60; k++) {
      learn(store, [text], { client: `10.1.${k}.1` });
      const bits = store.columns.values.clients[store.findValue(0, text)]!;
      expect(bitCount(bits)).toBeLessThanOrEqual(k);
      if (k <= 30) expect(estimateClients(bits)).toBeGreaterThan(k / 3);
    }
  });

  it('holds eight neighboring windows apart', () => {
    const store = newStore();
    for (let window = 0; window < 8; window++) learn(store, [query('q', 'x')], { window });
    expect(bitCount(store.columns.values.windows[0]!)).toBe(8);
    expect(store.hosts[0]).toMatchObject({ requests: 8, since: 0, until: 7 * HOUR });
  });

  it.each([
    { clients: 0, windows: 1 },
    { clients: 9, windows: 1 },
    { clients: 1, windows: 1.5 },
  ])('refuses a quorum of %o', (quorum) => {
    expect(() => checkQuorum(quorum)).toThrow(/quorum (clients|windows): expected an integer from 1 to 8/);
  });
});

describe('the book of clients', () => {
  it('forgives what a budget of false alarms would give, and not a scanner', () => {
    const book = new ClientBook();
    for (let k = 0; k < 2000; k++) book.note('shopper', k % 500 === 0);
    for (let k = 0; k < 100; k++) book.note('scanner', k % 20 === 0);
    for (let k = 0; k < 2; k++) book.note('unlucky', true);
    expect(['shopper', 'scanner', 'unlucky', 'unheard of'].map((client) => book.misbehaves(client))).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });

  it('goes by what is usual where the base model dislikes the application, and never excuses an attacker', () => {
    const book = new ClientBook();
    for (let k = 0; k < 1000; k++) book.note(`user${k % 20}`, k % 13 === 0);
    for (let k = 0; k < 50; k++) book.note('scanner', k % 10 !== 0);
    expect(book.misbehaves('user3')).toBe(false);
    expect(book.misbehaves('scanner')).toBe(true);
    for (let k = 0; k < 5000; k++) book.note(`bot${k % 50}`, true);
    expect(book.misbehaves('bot7')).toBe(true);
    expect(book.misbehaves('user3')).toBe(false);
  });

  it('stays bounded', () => {
    const book = new ClientBook();
    for (let k = 0; k < 3; k++) book.note('scanner', true);
    for (let k = 0; k < 200_001; k++) book.note(`c${k}`, false);
    expect(book.misbehaves('scanner')).toBe(false);
  });
});

import type { LearnedField } from '../score/memory-rule.js';
import type { History, RequestHistory } from '../score/memory-view.js';
import { hostOf } from './host-of.js';
import type { MemoryStore } from './memory-store.js';
import { plainNameOf } from './plain-names.js';
import { bitCount, estimateClients, hostReaches, reaches } from './quorum.js';
import type { Sample } from './samples.js';
import { fieldName, routedName, routeOf, SYMBOL_WORDS, symbolsOf } from './sequence.js';
import { countedObservations, countedValues } from './shares.js';

/**
 * A store as scoring reads it: what reached the quorum, and nothing else. Made once; changes to the store behind it are
 * not seen.
 */
export class LearnedMemory implements History {
  private readonly learned: (LearnedField | null)[];

  constructor(readonly store: MemoryStore) {
    this.learned = compile(store);
  }

  /** What a request's host is known by; undefined where the quorum has not seen it. */
  open(host: string, fields: readonly { readonly text: string }[]): LearnedHost | undefined {
    const number = this.store.findHost(hostOf(host));
    if (number < 0) return undefined;
    if (!hostReaches(this.store.identity.quorum, this.store.hosts[number]!)) return undefined;
    return new LearnedHost(this, number, routeOf(fields));
  }

  field(number: number): LearnedField | null {
    return this.learned[number] ?? null;
  }

  /** For logs and metrics: all there is, and the fields that the quorum has seen. */
  sizes(): { hosts: number; fields: number; learnedFields: number; values: number } {
    const learnedFields = this.learned.reduce((sum, field) => sum + (field === null ? 0 : 1), 0);
    const { hosts, fields, values } = this.store;
    return { hosts: hosts.length, fields: fields.size, learnedFields, values: values.size };
  }
}

/** What scoring asks about one request's host. */
export class LearnedHost implements RequestHistory {
  readonly requests: number;

  constructor(
    private readonly memory: LearnedMemory,
    private readonly number: number,
    private readonly route: string,
  ) {
    this.requests = memory.store.hosts[number]!.requests;
  }

  /** Whether exactly this sequence is normal here. */
  knows(text: string): boolean {
    return this.find(text) >= 0;
  }

  /** What is known of a value; null where it is not. */
  known(text: string): { clients: number; count: number } | null {
    const value = this.find(text);
    if (value < 0) return null;
    const { clients, count } = this.memory.store.columns.values;
    // Bits that coincide let the estimate fall below what is certain.
    const certain = this.memory.store.identity.quorum.clients;
    return { clients: Math.max(certain, estimateClients(clients[value]!)), count: count[value]! };
  }

  /**
   * What a sequence is judged by: its field on this route from `routeFrom` observations, else the field anywhere on the
   * host, else the plain parameter of that name, else nothing.
   */
  field(text: string, routeFrom: number): LearnedField | null {
    const name = fieldName(text);
    const routed = routedName(name, this.route);
    if (routed !== null) {
      const found = this.named(routed);
      if (found !== null && found.n >= routeFrom) return found;
    }
    const found = this.named(name);
    if (found !== null) return found;
    const plain = plainNameOf(name);
    return plain === null ? null : this.named(plain);
  }

  /** Sets the symbols of a sequence. */
  symbols(text: string, into: Uint32Array): void {
    symbolsOf(text, into);
  }

  /** Known values of a sequence's field, redacted, for people. */
  samples(text: string): readonly Sample[] {
    const { store } = this.memory;
    const field = store.findField(this.number, fieldName(text));
    return field < 0 ? [] : knownSamples(store, field);
  }

  private find(text: string): number {
    const { store } = this.memory;
    const value = store.findValue(this.number, text);
    if (value < 0) return -1;
    return reaches(store.identity.quorum, store.columns.values, value) ? value : -1;
  }

  private named(name: string): LearnedField | null {
    const field = this.memory.store.findField(this.number, name);
    return field < 0 ? null : this.memory.field(field);
  }
}

/** Samples of values that reached the quorum: of the others one client may have written every one. */
export function knownSamples(store: MemoryStore, field: number): Sample[] {
  return (store.samples[field] ?? []).filter(({ lot, rest }) => {
    const value = store.values.find(lot, rest);
    return value >= 0 && reaches(store.identity.quorum, store.columns.values, value);
  });
}

function compile(store: MemoryStore): (LearnedField | null)[] {
  const { quorum } = store.identity;
  const { fields, symbols } = store.columns;
  const masks = new Uint32Array(store.fields.size * SYMBOL_WORDS);
  const introductions = countIntroductions(store);
  for (let i = 0; i < store.symbols.size; i++) {
    if (!reaches(quorum, symbols, i)) continue;
    masks[symbols.field[i]! * SYMBOL_WORDS + (symbols.code[i]! >>> 5)]! |= 1 << (symbols.code[i]! & 31);
  }
  const learned: (LearnedField | null)[] = new Array(store.fields.size).fill(null);
  for (let field = 0; field < store.fields.size; field++) {
    if (!reaches(quorum, fields, field)) continue;
    learned[field] = {
      n: countedObservations(store, field),
      introductions: introductions[field]!,
      // A field on a route comes after the same one anywhere.
      values: learned[fields.anywhere[field]!]?.values ?? countedValues(store, fields.anywhere[field]!),
      ceiling: Math.min(
        least(fields.oddClient, fields.oddMost, field, quorum.clients),
        least(fields.oddWindow, fields.oddWindowMost, field, quorum.windows),
      ),
      longest: Math.min(
        least(fields.longClient, fields.longMost, field, quorum.clients),
        least(fields.longWindow, fields.longWindowMost, field, quorum.windows),
      ),
      symbols: masks.subarray(field * SYMBOL_WORDS, (field + 1) * SYMBOL_WORDS),
    };
  }
  return learned;
}

/**
 * Of each field, observations after the first that brought a new symbol. Symbols below the quorum count too, but no more
 * of them than clients that showed such: whoever is alone makes no field look like one that goes on showing new ones.
 */
function countIntroductions(store: MemoryStore): Uint32Array {
  const { quorum } = store.identity;
  const { field, first, clients, shownBy } = store.columns.symbols;
  const counts = new Uint32Array(store.fields.size);
  const others = new Uint32Array(store.fields.size);
  const shown = new Set<number>();
  const bits = new Uint32Array(store.fields.size);
  const marks = new Set<number>();
  const marked = new Uint32Array(store.fields.size);
  const key = (symbol: number): number => field[symbol]! * 2 ** 21 + Math.min(first[symbol]!, 2 ** 21 - 1);
  for (const accepted of [true, false]) {
    for (let i = 0; i < store.symbols.size; i++) {
      if (reaches(quorum, store.columns.symbols, i) !== accepted) continue;
      if (!accepted) {
        bits[field[i]!]! |= clients[i]!;
        for (let at = i * quorum.clients; at < (i + 1) * quorum.clients && shownBy[at] !== 0; at++) {
          const mark = field[i]! * 2 ** 16 + shownBy[at]!;
          if (!marks.has(mark)) marked[field[i]!]!++;
          marks.add(mark);
        }
      }
      if (first[i] === 1 || shown.has(key(i))) continue;
      shown.add(key(i));
      (accepted ? counts : others)[field[i]!]!++;
    }
  }
  // Marks tell few clients exactly, bits do not stop at the quorum; neither counts more than there were.
  return counts.map((count, i) => count + Math.min(others[i]!, Math.max(marked[i]!, bitCount(bits[i]!))));
}

/** The smallest of the largest values of as many clients, or windows, as the quorum asks for; 0 where there are fewer. */
function least(witnesses: Uint32Array, most: Uint32Array | Float32Array, field: number, places: number): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let at = field * places; at < (field + 1) * places; at++)
    smallest = witnesses[at] === 0 ? 0 : Math.min(smallest, most[at]!);
  return smallest;
}

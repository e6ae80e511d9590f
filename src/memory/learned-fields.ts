import type { LearnedField } from '../score/memory-rule.js';
import type { MemoryStore } from './memory-store.js';
import { bitCount, reaches } from './quorum.js';
import { SYMBOL_WORDS } from './sequence.js';
import { countedObservations, countedValues } from './shares.js';

/** What scoring is told of each field of a store, as flat columns: quick to make, and to hand from thread to thread. */
export interface LearnedColumns {
  /** 1 of a field that the quorum has seen. */
  readonly learned: Uint8Array<ArrayBuffer>;
  readonly n: Uint32Array<ArrayBuffer>;
  readonly introductions: Uint32Array<ArrayBuffer>;
  readonly values: Uint32Array<ArrayBuffer>;
  readonly ceiling: Float32Array<ArrayBuffer>;
  readonly longest: Uint32Array<ArrayBuffer>;
  /** {@link SYMBOL_WORDS} a field. */
  readonly symbols: Uint32Array<ArrayBuffer>;
}

/** One field of them; null where the quorum has not seen it. */
export function learnedField(columns: LearnedColumns, field: number): LearnedField | null {
  if (columns.learned[field] !== 1) return null;
  return {
    n: columns.n[field]!,
    introductions: columns.introductions[field]!,
    values: columns.values[field]!,
    ceiling: columns.ceiling[field]!,
    longest: columns.longest[field]!,
    symbols: columns.symbols.subarray(field * SYMBOL_WORDS, (field + 1) * SYMBOL_WORDS),
  };
}

/** Reads a store's columns, not its names and samples; of 40,000 fields in 40 to 100 ms. */
export function learnedColumns(store: MemoryStore): LearnedColumns {
  const { quorum } = store.identity;
  const { fields, symbols } = store.columns;
  const { size } = store.fields;
  const columns: LearnedColumns = {
    learned: new Uint8Array(size),
    n: new Uint32Array(size),
    introductions: countIntroductions(store),
    values: new Uint32Array(size),
    ceiling: new Float32Array(size),
    longest: new Uint32Array(size),
    symbols: new Uint32Array(size * SYMBOL_WORDS),
  };
  for (let i = 0; i < store.symbols.size; i++) {
    if (!reaches(quorum, symbols, i)) continue;
    columns.symbols[symbols.field[i]! * SYMBOL_WORDS + (symbols.code[i]! >>> 5)]! |= 1 << (symbols.code[i]! & 31);
  }
  for (let field = 0; field < size; field++) {
    if (!reaches(quorum, fields, field)) continue;
    const anywhere = fields.anywhere[field]!;
    columns.n[field] = countedObservations(store, field);
    // A field on a route comes after the same one anywhere.
    columns.values[field] =
      columns.learned[anywhere] === 1 ? columns.values[anywhere]! : countedValues(store, anywhere);
    columns.ceiling[field] = Math.min(
      least(fields.oddClient, fields.oddMost, field, quorum.clients),
      least(fields.oddWindow, fields.oddWindowMost, field, quorum.windows),
    );
    columns.longest[field] = Math.min(
      least(fields.longClient, fields.longMost, field, quorum.clients),
      least(fields.longWindow, fields.longWindowMost, field, quorum.windows),
    );
    columns.learned[field] = 1;
  }
  return columns;
}

/**
 * Of each field, observations after the first that brought a new symbol. Symbols below the quorum count too, but no more
 * of them than clients that showed such: whoever is alone makes no field look like one that goes on showing new ones.
 */
function countIntroductions(store: MemoryStore): Uint32Array<ArrayBuffer> {
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

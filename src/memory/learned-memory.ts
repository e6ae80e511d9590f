import type { LearnedField } from '../score/memory-rule.js';
import type { History, RequestHistory } from '../score/memory-view.js';
import { hostOf } from './host-of.js';
import { type LearnedColumns, learnedColumns, learnedField } from './learned-fields.js';
import type { MemoryStore } from './memory-store.js';
import { plainNameOf } from './plain-names.js';
import { estimateClients, hostReaches, reaches } from './quorum.js';
import type { Sample } from './samples.js';
import { fieldName, routedName, routeOf, symbolsOf } from './sequence.js';

/**
 * A store as scoring reads it: what reached the quorum, and nothing else. Made once; changes to the store behind it are
 * not seen.
 */
export class LearnedMemory implements History {
  /** @param columns what {@link learnedColumns} says of the store. */
  constructor(
    readonly store: MemoryStore,
    private readonly columns: LearnedColumns = learnedColumns(store),
  ) {}

  /** What a request's host is known by; undefined where the quorum has not seen it. */
  open(host: string, fields: readonly { readonly text: string }[]): LearnedHost | undefined {
    const number = this.store.findHost(hostOf(host));
    if (number < 0) return undefined;
    if (!hostReaches(this.store.identity.quorum, this.store.hosts[number]!)) return undefined;
    return new LearnedHost(this, number, routeOf(fields));
  }

  field(number: number): LearnedField | null {
    return learnedField(this.columns, number);
  }

  /** For logs and metrics: all there is, and the fields that the quorum has seen. */
  sizes(): { hosts: number; fields: number; learnedFields: number; values: number } {
    const learnedFields = this.columns.learned.reduce((sum, learned) => sum + learned, 0);
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

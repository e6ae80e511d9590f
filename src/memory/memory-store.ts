import { type Column, grown, KeyTable } from './key-table.js';
import { KeyedHash } from './keyed-hash.js';
import type { Quorum } from './quorum.js';
import type { Sample } from './samples.js';
import { CLIENTS_COUNTED } from './shares.js';

/** What every snapshot states about itself, and what two must share to be merged. */
export interface MemoryIdentity {
  readonly canonicalizerVersion: number;
  /** The model whose surprises the ceilings are. */
  readonly modelId: string;
  readonly quorum: Quorum;
  /** Length of a time window in milliseconds. */
  readonly windowMs: number;
  /** Of the keyed hash, 8 random bytes. */
  readonly key: Uint8Array;
}

/** A host as a whole. */
export interface HostRecord {
  readonly name: string;
  requests: number;
  clients: number;
  windows: number;
  /** As of the tables' entries. */
  readonly shownBy: number[];
  /** Milliseconds since the epoch of its first and last learned request. */
  since: number;
  until: number;
}

/** Columns by table; every array is at least as long as its table. Who has shown an entry: {@link Witnessed}. */
export interface Columns {
  values: {
    field: Uint32Array<ArrayBuffer>;
    clients: Uint32Array<ArrayBuffer>;
    windows: Uint16Array<ArrayBuffer>;
    shownBy: Uint16Array<ArrayBuffer>;
    count: Uint16Array<ArrayBuffer>;
  };
  fields: {
    host: Uint32Array<ArrayBuffer>;
    /** Of a field on a route, the same field anywhere on the host; of others, themselves. */
    anywhere: Uint32Array<ArrayBuffer>;
    observations: Uint32Array<ArrayBuffer>;
    /** Distinct values, of fields that are not on a route, and those of them that reached the quorum. */
    values: Uint32Array<ArrayBuffer>;
    knownValues: Uint32Array<ArrayBuffer>;
    clients: Uint32Array<ArrayBuffer>;
    windows: Uint16Array<ArrayBuffer>;
    shownBy: Uint16Array<ArrayBuffer>;
    /** 32 entries a field, one a client: its mark, its observations up to a bound, and values below the quorum that it was first to show. */
    share: Uint16Array<ArrayBuffer>;
    shareSeen: Uint8Array<ArrayBuffer>;
    shareBrought: Uint16Array<ArrayBuffer>;
    /** `quorum.clients` entries a field: the clients with the highest surprise, and that surprise, in no order. */
    oddClient: Uint32Array<ArrayBuffer>;
    oddMost: Float32Array<ArrayBuffer>;
    /** The same of `quorum.windows` windows. */
    oddWindow: Uint32Array<ArrayBuffer>;
    oddWindowMost: Float32Array<ArrayBuffer>;
    /** The same of lengths. */
    longClient: Uint32Array<ArrayBuffer>;
    longMost: Uint32Array<ArrayBuffer>;
    longWindow: Uint32Array<ArrayBuffer>;
    longWindowMost: Uint32Array<ArrayBuffer>;
  };
  symbols: {
    field: Uint32Array<ArrayBuffer>;
    code: Uint16Array<ArrayBuffer>;
    first: Uint32Array<ArrayBuffer>;
    clients: Uint32Array<ArrayBuffer>;
    windows: Uint16Array<ArrayBuffer>;
    shownBy: Uint16Array<ArrayBuffer>;
  };
}

const BY_SHARE = new Set(['share', 'shareSeen', 'shareBrought']);
const BY_CLIENT = new Set(['shownBy', 'oddClient', 'oddMost', 'longClient', 'longMost']);
const BY_WINDOW = new Set(['oddWindow', 'oddWindowMost', 'longWindow', 'longWindowMost']);

/** Entries that a column holds for each row of its table. */
export function strideOf(column: string, { clients, windows }: Quorum): number {
  if (BY_SHARE.has(column)) return CLIENTS_COUNTED;
  return BY_CLIENT.has(column) ? clients : BY_WINDOW.has(column) ? windows : 1;
}

/** Everything a memory holds, as flat tables: cheap to look up, to write and to read back. It knows no rules. */
export class MemoryStore {
  hosts: HostRecord[] = [];
  values = new KeyTable();
  fields = new KeyTable();
  /** Keyed by field and symbol. */
  symbols = new KeyTable();
  columns: Columns = emptyColumns();
  /** Of each field: zone marker and name, on a route `VALUE route` behind it. */
  names: string[] = [];
  /** Of each field, values in clear, redacted. */
  samples: (Sample[] | undefined)[] = [];
  sampleUnits = 0;
  readonly hash: KeyedHash;
  private readonly hostNumbers = new Map<string, number>();
  /** Of each host, the keyed hash of its name: other tables' keys start from it, so that two stores of one key agree. */
  private readonly seeds: number[] = [];

  constructor(readonly identity: MemoryIdentity) {
    this.hash = new KeyedHash(identity.key);
  }

  findHost(name: string): number {
    return this.hostNumbers.get(name) ?? -1;
  }

  addHost(record: HostRecord): number {
    this.hostNumbers.set(record.name, this.hosts.length);
    this.hash.of(0, record.name);
    this.seeds.push(this.hash.lo);
    return this.hosts.push(record) - 1;
  }

  findValue(host: number, text: string): number {
    this.hash.of(this.seeds[host]!, text);
    return this.values.find(this.hash.lo, this.hash.hi);
  }

  addValue(host: number, text: string, field: number): number {
    this.hash.of(this.seeds[host]!, text);
    return this.addValueHash(this.hash.lo, this.hash.hi, field);
  }

  addValueHash(lo: number, hi: number, field: number): number {
    const before = this.values.size;
    const number = this.values.add(lo, hi);
    if (number === before) {
      this.grow('values', this.values.size);
      this.columns.values.field[number] = field;
      this.columns.fields.values[field]!++;
    }
    return number;
  }

  findField(host: number, name: string): number {
    this.hash.of(this.seeds[host]!, name);
    return this.fields.find(this.hash.lo, this.hash.hi);
  }

  /** @param anywhere the same field off its route; absent for one that is on none. */
  addField(host: number, name: string, anywhere?: number): number {
    this.hash.of(this.seeds[host]!, name);
    const before = this.fields.size;
    const number = this.fields.add(this.hash.lo, this.hash.hi);
    if (number === before) {
      this.grow('fields', this.fields.size);
      this.columns.fields.host[number] = host;
      this.columns.fields.anywhere[number] = anywhere ?? number;
      this.names[number] = name;
    }
    return number;
  }

  addSymbol(field: number, code: number): number {
    const before = this.symbols.size;
    const number = this.symbols.add(mixed(field, code), (((field + 1) << 7) | code) >>> 0);
    if (number === before) {
      this.grow('symbols', this.symbols.size);
      this.columns.symbols.field[number] = field;
      this.columns.symbols.code[number] = code;
    }
    return number;
  }

  private grow(table: keyof Columns, size: number): void {
    const columns = this.columns[table] as unknown as Record<string, Column>;
    for (const [name, column] of Object.entries(columns)) {
      const length = size * strideOf(name, this.identity.quorum);
      if (column.length < length) columns[name] = grown(column, length);
    }
  }
}

export function emptyColumns(): Columns {
  const u32 = () => new Uint32Array(0);
  const u16 = () => new Uint16Array(0);
  return {
    values: { field: u32(), clients: u32(), windows: u16(), shownBy: u16(), count: u16() },
    fields: {
      host: u32(),
      anywhere: u32(),
      observations: u32(),
      values: u32(),
      knownValues: u32(),
      clients: u32(),
      windows: u16(),
      shownBy: u16(),
      share: u16(),
      shareSeen: new Uint8Array(0),
      shareBrought: u16(),
      oddClient: u32(),
      oddMost: new Float32Array(0),
      oddWindow: u32(),
      oddWindowMost: new Float32Array(0),
      longClient: u32(),
      longMost: u32(),
      longWindow: u32(),
      longWindowMost: u32(),
    },
    symbols: { field: u32(), code: u16(), first: u32(), clients: u32(), windows: u16(), shownBy: u16() },
  };
}

/** Spreads a field's symbols; nobody outside chooses these keys. */
function mixed(field: number, code: number): number {
  let h = Math.imul(field * 128 + code, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}

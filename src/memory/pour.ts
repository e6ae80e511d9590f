import { raise, sampleSize } from './learn-request.js';
import { MemoryError } from './memory-error.js';
import { MemoryStore } from './memory-store.js';
import { addMark, showAll } from './quorum.js';
import { keep } from './samples.js';
import { CLIENTS_COUNTED, countObservations, recountValue } from './shares.js';

/** Which parts of a store to take; everything by default. Numbers are the source's. */
export interface Selection {
  readonly host?: (host: number) => boolean;
  readonly field?: (field: number) => boolean;
  readonly value?: (value: number) => boolean;
}

/**
 * Adds what one store holds to another: merging, forgetting and making room are all this. Counts add up and witnesses
 * unite; a client that both have seen counts once.
 *
 * @throws MemoryError when the two are not of one kind: key, quorum, windows, canonicalizer, model.
 */
export function pour(source: MemoryStore, target: MemoryStore, selection: Selection = {}): void {
  checkSameKind(source, target);
  const hosts = pourHosts(source, target, selection);
  const fields = pourFields(source, target, hosts, selection);
  pourValues(source, target, fields, selection);
  pourSymbols(source, target, fields);
}

/** A new store with only what is selected. */
export function only(source: MemoryStore, selection: Selection): MemoryStore {
  const target = new MemoryStore(source.identity);
  pour(source, target, selection);
  return target;
}

function checkSameKind(source: MemoryStore, target: MemoryStore): void {
  const describe = ({ identity }: MemoryStore): Record<string, string> => ({
    key: Buffer.from(identity.key).toString('hex'),
    quorum: `clients=${identity.quorum.clients},windows=${identity.quorum.windows}`,
    windowMs: String(identity.windowMs),
    canonicalizerVersion: String(identity.canonicalizerVersion),
    modelId: identity.modelId,
  });
  const [theirs, ours] = [describe(source), describe(target)];
  for (const name of Object.keys(ours)) {
    if (theirs[name] === ours[name]) continue;
    // The key is a secret of the snapshot; what helps is how to get equal ones.
    if (name === 'key')
      throw new MemoryError('memory key', 'the same in both (learn with --like)', 'two different ones');
    throw new MemoryError(`memory ${name}`, ours[name], theirs[name]);
  }
}

function pourHosts(source: MemoryStore, target: MemoryStore, { host: wanted }: Selection): number[] {
  return source.hosts.map((record, number) => {
    if (wanted !== undefined && !wanted(number)) return -1;
    const found = target.findHost(record.name);
    if (found < 0) return target.addHost({ ...record, shownBy: [...record.shownBy] });
    const known = target.hosts[found]!;
    known.requests += record.requests;
    known.clients |= record.clients;
    known.windows |= record.windows;
    for (const mark of record.shownBy) addMark(target.identity.quorum, known.shownBy, 0, mark);
    known.since = Math.min(known.since, record.since);
    known.until = Math.max(known.until, record.until);
    return found;
  });
}

const MAXIMA = [
  ['oddClient', 'oddMost', 'clients'],
  ['oddWindow', 'oddWindowMost', 'windows'],
  ['longClient', 'longMost', 'clients'],
  ['longWindow', 'longWindowMost', 'windows'],
] as const;

function pourFields(
  source: MemoryStore,
  target: MemoryStore,
  hosts: number[],
  { field: wanted }: Selection,
): Int32Array {
  const from = source.columns.fields;
  const size = sampleSize(source.identity.quorum.clients);
  const numbers = new Int32Array(source.fields.size).fill(-1);
  for (let field = 0; field < source.fields.size; field++) {
    const host = hosts[from.host[field]!]!;
    const anywhere = numbers[from.anywhere[field]!]!;
    const routed = from.anywhere[field] !== field;
    if (host < 0 || (routed && anywhere < 0) || (wanted !== undefined && !wanted(field))) continue;
    const number = target.addField(host, source.names[field]!, routed ? anywhere : undefined);
    numbers[field] = number;
    const to = target.columns.fields;
    to.observations[number]! += from.observations[field]!;
    showAll(source.identity.quorum, to, number, from, field);
    for (let at = field * CLIENTS_COUNTED; at < (field + 1) * CLIENTS_COUNTED; at++)
      if (from.share[at] !== 0) countObservations(target, number, from.share[at]!, from.shareSeen[at]);
    for (const [witness, most, stride] of MAXIMA) {
      const each = source.identity.quorum[stride];
      for (let at = field * each; at < (field + 1) * each; at++) {
        if (from[witness][at] !== 0)
          raise(to[witness], to[most], number * each, each, from[witness][at]!, from[most][at]!);
      }
    }
    const samples = source.samples[field];
    if (samples === undefined) continue;
    const before = target.samples[number] ?? [];
    const kept = keep([...before, ...samples.filter(({ lot }) => !before.some((one) => one.lot === lot))], size);
    for (const { text } of before) target.sampleUnits -= text.length;
    for (const { text } of kept) target.sampleUnits += text.length;
    target.samples[number] = kept;
  }
  return numbers;
}

function pourValues(source: MemoryStore, target: MemoryStore, fields: Int32Array, { value: wanted }: Selection): void {
  const from = source.columns.values;
  for (let value = 0; value < source.values.size; value++) {
    const field = fields[from.field[value]!]!;
    if (field < 0 || (wanted !== undefined && !wanted(value))) continue;
    const number = target.addValueHash(source.values.lo[value]!, source.values.hi[value]!, field);
    const to = target.columns.values;
    recountValue(target, number, () => showAll(source.identity.quorum, to, number, from, value));
    to.count[number] = Math.min(0xffff, to.count[number]! + from.count[value]!);
  }
}

function pourSymbols(source: MemoryStore, target: MemoryStore, fields: Int32Array): void {
  const from = source.columns.symbols;
  for (let symbol = 0; symbol < source.symbols.size; symbol++) {
    const field = fields[from.field[symbol]!]!;
    if (field < 0) continue;
    const number = target.addSymbol(field, from.code[symbol]!);
    const to = target.columns.symbols;
    showAll(source.identity.quorum, to, number, from, symbol);
    const first = to.first[number]!;
    to.first[number] = first === 0 ? from.first[symbol]! : Math.min(first, from.first[symbol]!);
  }
}

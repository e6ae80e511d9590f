import { clientOf } from './client-of.js';
import { hostOf } from './host-of.js';
import type { MemoryStore } from './memory-store.js';
import { plainNames } from './plain-names.js';
import { addMark, show, type Witness } from './quorum.js';
import { keep, MAX_SAMPLE, type Sample, type SampleSize, wantsSample } from './samples.js';
import { fieldName, routedName, routeOf, SYMBOL_WORDS, symbolsOf } from './sequence.js';
import { countObservations, recountValue } from './shares.js';

/** One request that is worth learning from. */
export interface Lesson {
  readonly host: string;
  /** Address, as the proxy states it. */
  readonly client: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly fields: readonly { readonly text: string }[];
  /** Combined surprise of each field; NaN where it is not known. Absent: of none. */
  readonly surprises?: ArrayLike<number>;
}

export interface LearnOptions {
  /** A sequence text fit to be kept in clear. */
  readonly redact: (text: string) => string;
  readonly maxSampleUnits: number;
}

const symbols = new Uint32Array(SYMBOL_WORDS);

/** Adds one request to a store. Whether what it shows counts is a question of quorum, asked when the store is read. */
export function learnRequest(store: MemoryStore, lesson: Lesson, options: LearnOptions): void {
  const name = hostOf(lesson.host);
  const { quorum } = store.identity;
  let host = store.findHost(name);
  if (host < 0) {
    const shownBy = new Array<number>(quorum.clients).fill(0);
    const { time } = lesson;
    host = store.addHost({ name, requests: 0, clients: 0, windows: 0, shownBy, since: time, until: time });
  }
  store.hash.of(0, clientOf(lesson.client));
  // Never 0, which is an empty place in the list of clients.
  const client = store.hash.lo || 1;
  const witness: Witness = {
    client,
    mark: client >>> 16 || 1,
    bit: 1 << (client & 31),
    window: 1 << (Math.floor(lesson.time / store.identity.windowMs) & 15),
    // Never 0, as of clients.
    hour: (Math.floor(lesson.time / store.identity.windowMs) + 1) >>> 0 || 1,
  };
  const record = store.hosts[host]!;
  record.requests++;
  record.clients |= witness.bit;
  record.windows |= witness.window;
  addMark(quorum, record.shownBy, 0, witness.mark);
  record.since = Math.min(record.since, lesson.time);
  record.until = Math.max(record.until, lesson.time);
  const route = routeOf(lesson.fields);
  const done = lesson.fields.length > 1 ? new Set<string>() : null;
  for (let i = 0; i < lesson.fields.length; i++) {
    const { text } = lesson.fields[i]!;
    if (done?.has(text)) continue;
    done?.add(text);
    learnField(store, host, text, route, lesson.surprises?.[i] ?? Number.NaN, witness, options);
  }
  for (const plain of plainNames(lesson.fields)) observe(store, store.addField(host, plain), witness);
}

function learnField(
  store: MemoryStore,
  host: number,
  text: string,
  route: string,
  surprise: number,
  witness: Witness,
  options: LearnOptions,
): void {
  const name = fieldName(text);
  const anywhere = store.addField(host, name);
  const value = store.addValue(host, text, anywhere);
  const { lo, hi } = store.hash;
  const { values } = store.columns;
  recountValue(store, value, () => show(store.identity.quorum, values, value, witness));
  if (values.count[value]! < 0xffff) values.count[value]!++;
  symbolsOf(text, symbols);
  showIn(store, anywhere, text, surprise, witness);
  const routed = routedName(name, route);
  if (routed !== null) {
    showIn(store, store.addField(host, routed, anywhere), text, surprise, witness);
  }
  addSample(
    store,
    anywhere,
    { text, client: witness.client, lot: lo, rest: hi, surprise: Number.isNaN(surprise) ? -1 : surprise },
    options,
  );
}

function observe(store: MemoryStore, field: number, witness: Witness): number {
  const { fields } = store.columns;
  show(store.identity.quorum, fields, field, witness);
  countObservations(store, field, witness.mark);
  return ++fields.observations[field]!;
}

/** What an observation shows of its field, symbols apart in the scratch array above. */
function showIn(store: MemoryStore, field: number, text: string, surprise: number, witness: Witness): void {
  const ordinal = observe(store, field, witness);
  for (let word = 0; word < SYMBOL_WORDS; word++) {
    for (let rest = symbols[word]!; rest !== 0; rest &= rest - 1) {
      const number = store.addSymbol(field, word * 32 + 31 - Math.clz32(rest & -rest));
      const { columns } = store;
      show(store.identity.quorum, columns.symbols, number, witness);
      if (columns.symbols.first[number] === 0) columns.symbols.first[number] = ordinal;
    }
  }
  raiseAll(store, field, 'client', witness.client, surprise, text.length);
  raiseAll(store, field, 'window', witness.hour, surprise, text.length);
}

/** Notes what one client, or one window, has reached in a field. */
export function raiseAll(
  store: MemoryStore,
  field: number,
  by: 'client' | 'window',
  witness: number,
  surprise: number,
  length: number,
): void {
  const { fields } = store.columns;
  const places = store.identity.quorum[`${by}s`];
  const [odd, oddMost, long, longMost] =
    by === 'client'
      ? [fields.oddClient, fields.oddMost, fields.longClient, fields.longMost]
      : [fields.oddWindow, fields.oddWindowMost, fields.longWindow, fields.longWindowMost];
  if (!Number.isNaN(surprise)) raise(odd, oddMost, field * places, places, witness, surprise);
  raise(long, longMost, field * places, places, witness, length);
}

/** Keeps the largest values of different witnesses, clients or windows: `places` of them from `from` on. */
export function raise(
  clients: Uint32Array,
  most: Uint32Array | Float32Array,
  from: number,
  places: number,
  client: number,
  value: number,
): void {
  let least = from;
  for (let at = from; at < from + places; at++) {
    if (clients[at] === client) {
      if (value > most[at]!) most[at] = value;
      return;
    }
    if (clients[least] !== 0 && (clients[at] === 0 || most[at]! < most[least]!)) least = at;
  }
  if (clients[least] !== 0 && most[least]! >= value) return;
  clients[least] = client;
  most[least] = value;
}

/** How many samples a field keeps under a quorum, which must be able to find its ceiling among them. */
export function sampleSize(clients: number): SampleSize {
  return { strangest: Math.max(3, clients), byLot: 3 };
}

function addSample(
  store: MemoryStore,
  field: number,
  candidate: Sample,
  { redact, maxSampleUnits }: LearnOptions,
): void {
  if (candidate.text.length > MAX_SAMPLE) return;
  const samples = store.samples[field] ?? [];
  const size = sampleSize(store.identity.quorum.clients);
  if (!wantsSample(samples, candidate, size)) return;
  if (store.sampleUnits + candidate.text.length > maxSampleUnits) return;
  const kept = keep([...samples, { ...candidate, text: redact(candidate.text) }], size);
  store.sampleUnits += units(kept) - units(samples);
  store.samples[field] = kept;
}

function units(samples: readonly Sample[]): number {
  return samples.reduce((sum, { text }) => sum + text.length, 0);
}

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { showMarkers } from '../canonicalize/markers.js';
import { loadConfig } from '../config.js';
import { ConfigError } from '../errors.js';
import { loadDetector } from '../main.js';
import { describeFields } from '../memory/describe-fields.js';
import { hostOf } from '../memory/host-of.js';
import type { MemoryStore } from '../memory/memory-store.js';
import { only, pour } from '../memory/pour.js';
import { estimateClients } from '../memory/quorum.js';
import { rescore } from '../memory/rescore.js';
import { readSnapshot, SERVING, STAGING, stampOf, writeSnapshot } from '../memory/snapshot-folder.js';
import { printable } from '../printable.js';
import { type Command, printJson } from './command.js';

/** `normgate memory`: what a memory holds, for people, and what people may do to it. */
export const memoryCommand: Command = {
  summary: 'show, compare, merge, forget, promote or rescore a field memory',
  usage: `normgate memory show DIR [--host HOST [--fields]] [--staging]
       normgate memory diff DIR DIR
       normgate memory merge DIR DIR... --out DIR
       normgate memory forget DIR --host HOST [--field NAME] [--staging]
       normgate memory promote DIR
       normgate memory rescore DIR [--model DIR] [--staging]

  show      one JSON line a host; with --fields one a field of that host
  diff      fields that only one of the two knows, and fields whose ceiling or symbols differ, one JSON line each
  merge     add up memories of one key (normgate learn --like)
  forget    drop a host, or one field of it by the name that show prints; staging.bin keeps it unless told too. A service
            that learns takes staging.bin up as it then is, and learns anew what clients go on showing
  promote   let what mode learn has gathered serve: memory.bin becomes what staging.bin is, which began as memory.bin was
  rescore   move a memory to another model: ceilings from the samples. With --staging staging.bin, while no service learns`,

  async run([verb = '', ...args]) {
    const action = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
    if (action === undefined) throw problem('memory', `one of ${Object.keys(VERBS).join(', ')}`, verb || 'nothing');
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    if (positionals.length === 0) throw problem(`memory ${verb}`, 'a folder', 'none');
    return action(positionals, values);
  },
};

const OPTIONS = {
  host: { type: 'string' },
  field: { type: 'string' },
  fields: { type: 'boolean', default: false },
  staging: { type: 'boolean', default: false },
  out: { type: 'string' },
  model: { type: 'string' },
} satisfies ParseArgsConfig['options'];

interface Options {
  readonly host?: string;
  readonly field?: string;
  readonly fields?: boolean;
  readonly staging?: boolean;
  readonly out?: string;
  readonly model?: string;
}

const VERBS: Readonly<Record<string, (folders: string[], options: Options) => Promise<number>>> = {
  show,
  diff,
  merge,
  forget,
  promote,
  rescore: rescoreFolder,
};

async function show([dir]: string[], { host, fields, staging }: Options): Promise<number> {
  const { store, createdAt } = readSnapshot(dir!, staging ? STAGING : SERVING);
  if (fields && host === undefined) throw problem('--fields', '--host with it', 'none');
  if (fields) {
    for (const field of describeFields(store, hostOf(host!))) await printJson(safe(field));
    return 0;
  }
  const { quorum, windowMs, modelId, canonicalizerVersion } = store.identity;
  for (const record of store.hosts) {
    if (host !== undefined && record.name !== hostOf(host)) continue;
    let known = 0;
    let all = 0;
    for (const field of describeFields(store, record.name)) {
      all++;
      if (field.known) known++;
    }
    await printJson({
      host: printable(record.name, 255),
      requests: record.requests,
      clients: estimateClients(record.clients),
      since: new Date(record.since).toISOString(),
      until: new Date(record.until).toISOString(),
      fields: all,
      fieldsKnown: known,
      quorum,
      windowMs,
      modelId,
      canonicalizerVersion,
      createdAt,
    });
  }
  return 0;
}

async function diff(folders: string[], _options: Options): Promise<number> {
  if (folders.length !== 2) throw problem('memory diff', 'two folders', String(folders.length));
  const [left, right] = folders.map((dir) => {
    const fields = [...describeFields(readSnapshot(dir, SERVING).store)].filter(({ known }) => known);
    return new Map(fields.map((field) => [`${field.host} ${field.field}`, field]));
  });
  for (const [key, one] of left!) {
    const other = right!.get(key);
    if (other === undefined) await printJson({ only: 'first', ...safe(one) });
    else if (other.ceiling !== one.ceiling || other.symbols.join() !== one.symbols.join()) {
      const gained = other.symbols.filter((symbol) => !one.symbols.includes(symbol));
      const lost = one.symbols.filter((symbol) => !other.symbols.includes(symbol));
      const { host, field } = safe(one);
      await printJson({
        host,
        field,
        ceiling: [one.ceiling, other.ceiling],
        gained: gained.map(clean),
        lost: lost.map(clean),
      });
    }
  }
  for (const [key, one] of right!) if (!left!.has(key)) await printJson({ only: 'second', ...safe(one) });
  return 0;
}

async function merge([first, ...others]: string[], { out }: Options): Promise<number> {
  if (out === undefined || others.length === 0)
    throw problem('memory merge', 'two folders or more, and --out DIR', 'less');
  const { store } = readSnapshot(first!, SERVING);
  for (const dir of others) pour(readSnapshot(dir, SERVING).store, store);
  return written(out, store);
}

async function forget([dir]: string[], { host, field, staging }: Options): Promise<number> {
  if (host === undefined) throw problem('--host', 'a host', 'none');
  const file = staging ? STAGING : SERVING;
  const { store } = readSnapshot(dir!, file);
  const number = store.findHost(hostOf(host));
  if (number < 0) throw problem('--host', 'a host that the memory knows', host);
  if (!staging) warnOfStaging(dir!, hostOf(host));
  if (field === undefined) return written(dir!, only(store, { host: (one) => one !== number }), file);
  const { fields } = store.columns;
  const gone = (one: number): boolean =>
    fields.host[one] === number &&
    [store.names[one]!, store.names[fields.anywhere[one]!]!].some((name) => isNamed(name, field));
  const smaller = only(store, { field: (one) => !gone(one) });
  if (smaller.fields.size === store.fields.size)
    throw problem('--field', 'a field that normgate memory show --fields prints', field);
  return written(dir!, smaller, file);
}

/** What is forgotten here alone comes back with the next promotion. */
function warnOfStaging(dir: string, host: string): void {
  if (stampOf(dir, STAGING) === '') return;
  try {
    if (readSnapshot(dir, STAGING).store.findHost(host) < 0) return;
  } catch {
    // Damaged, or of another canonicalizer: nothing that could be promoted.
    return;
  }
  process.stderr.write(
    `normgate: ${STAGING} knows the host too, and promote brings it back: forget it with --staging\n`,
  );
}

/** By the name as shown, or without its zone. */
function isNamed(name: string, wanted: string): boolean {
  return showMarkers(name) === wanted || name.slice(1) === wanted;
}

async function promote([dir]: string[], _options: Options): Promise<number> {
  return written(dir!, readSnapshot(dir!, STAGING).store);
}

async function rescoreFolder([dir]: string[], { model, staging }: Options): Promise<number> {
  const flags = [...(model === undefined ? [] : [`--model=${model}`]), '--memory.dir=', '--score.cascade=false'];
  const config = loadConfig({ env: process.env, flags });
  const detector = await loadDetector(config);
  try {
    const file = staging ? STAGING : SERVING;
    const { store } = readSnapshot(dir!, file);
    const moved = await rescore(store, detector.modelId, async (texts) => {
      const fields = texts.map((text) => ({ zone: 'query' as const, name: '', value: '', text }));
      const screening = detector.scorer.screen(fields);
      // Whole samples: a ceiling of the pieces that a budget keeps would be too low.
      const encoding = detector.tokenizer.encode(screening.open, { maxWindows: Number.POSITIVE_INFINITY });
      return (await detector.scorer.score(screening, encoding, new AbortController().signal)).surprises;
    });
    return await written(dir!, moved, file);
  } finally {
    await detector.close();
  }
}

async function written(dir: string, store: MemoryStore, file = SERVING): Promise<number> {
  const { path, bytes } = writeSnapshot(dir, file, store);
  await printJson({ path, bytes, hosts: store.hosts.length, fields: store.fields.size, values: store.values.size });
  return 0;
}

/** Names and samples come from clients, so they are made printable. */
function safe<F extends { host: string; field: string; symbols: readonly string[]; samples: readonly string[] }>(
  field: F,
): F {
  return {
    ...field,
    host: clean(field.host),
    field: clean(field.field),
    symbols: field.symbols.map(clean),
    samples: field.samples.map((text) => printable(text, 200)),
  };
}

const clean = (text: string): string => printable(text, 255);
const problem = (key: string, expected: string, actual: string): ConfigError =>
  new ConfigError({ key, expected, actual });

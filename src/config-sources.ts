import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './errors.js';
import { printable } from './printable.js';

/** Settings as given, before validation. */
export type RawConfig = { [key: string]: unknown };

/** File, environment and flags, each over the ones before it. Types are checked later, existence of keys here. */
export function mergeSources(
  { env = {}, flags = [] }: { env?: Readonly<Record<string, string | undefined>>; flags?: readonly string[] },
  schema: z.ZodType,
): RawConfig {
  const leaves = findLeaves(schema, []);
  const fromFlags = new Map<string, string>();
  for (const argument of flags) {
    const match = /^--([A-Za-z][A-Za-z.]*)(?:=(.*))?$/s.exec(argument);
    if (!match) throw problem('command line', 'flags like --section.key=value', argument);
    fromFlags.set(match[1]!, match[2] ?? 'true');
  }
  const file = fromFlags.get('config') ?? env.NORMGATE_CONFIG;
  const raw = file ? readFile(file) : {};
  for (const [name, value] of Object.entries(env)) {
    // Empty counts as unset, because that is how compose files pass on what their user left out.
    if (!name.startsWith('NORMGATE_') || name === 'NORMGATE_CONFIG' || !value || ORCHESTRATOR.test(name)) continue;
    const leaf = leaves.find(({ path }) => toVariable(path) === name);
    if (!leaf) throw problem(printable(name), 'a variable that exists', value);
    assign(raw, leaf.path, coerce(value, leaf.kind, leaf.nullable));
  }
  for (const [key, value] of fromFlags) {
    if (key === 'config') continue;
    const leaf = leaves.find(({ path }) => path.join('.') === key);
    if (!leaf) throw problem(`--${printable(key)}`, 'a flag that exists', value);
    assign(raw, leaf.path, coerce(value, leaf.kind, leaf.nullable));
  }
  return raw;
}

/** `['score', 'maxQueueTokens']` is `NORMGATE_SCORE_MAX_QUEUE_TOKENS`. */
export function toVariable(path: readonly string[]): string {
  const words = path.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return `NORMGATE_${words.join('_')}`;
}

/**
 * What Kubernetes sets in every container next to a Service called `normgate` (docs: "Discovering services"), such as
 * `NORMGATE_PORT_9191_TCP_ADDR` and `NORMGATE_SERVICE_HOST`. No key of ours ends that way.
 */
const ORCHESTRATOR = /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_|$)|$)/;

interface Leaf {
  readonly path: readonly string[];
  readonly kind: string;
  readonly nullable: boolean;
}

/** Every key that holds a value, with the type that text is read as. */
function findLeaves(schema: z.ZodType, path: readonly string[]): Leaf[] {
  let def = schema.def as { type: string; innerType?: z.ZodType; shape?: Record<string, z.ZodType> };
  let nullable = false;
  while (def.innerType) {
    nullable ||= def.type === 'nullable';
    def = def.innerType.def as typeof def;
  }
  if (!def.shape) return [{ path, kind: def.type, nullable }];
  return Object.entries(def.shape).flatMap(([name, child]) => findLeaves(child, [...path, name]));
}

/** Text as a value. What does not read as the wanted type stays text, and validation says so. */
function coerce(text: string, kind: string, nullable: boolean): unknown {
  if (nullable && (text === '' || text === 'null')) return null;
  if (kind === 'number' && /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (kind === 'array') return text === '' ? [] : text.split(',').map((item) => item.trim());
  return text;
}

function assign(raw: RawConfig, path: readonly string[], value: unknown): void {
  let node = raw;
  for (const name of path.slice(0, -1)) {
    const child = node[name];
    if (!isMapping(child)) node[name] = {};
    node = node[name] as RawConfig;
  }
  node[path.at(-1)!] = value;
}

function isMapping(value: unknown): value is RawConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** YAML 1.2, of which JSON is a part. */
function readFile(file: string): RawConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw problem('config', 'a readable file', `${file} (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`);
  }
  const document = parseDocument(text, { prettyErrors: false });
  const fault = document.errors[0];
  if (fault) {
    const line = text.slice(0, fault.pos[0]).split('\n').length;
    throw problem(`config line ${line}`, 'YAML or JSON', fault.message);
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (!isMapping(value)) throw problem('config', 'a mapping of keys to values', JSON.stringify(value));
  return value;
}

function problem(key: string, expected: string, actual: string): ConfigError {
  return new ConfigError({ key, expected, actual: printable(actual) });
}

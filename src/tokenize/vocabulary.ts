import { readFileSync } from 'node:fs';
import { MARKER_BASE, MARKER_COUNT } from '../canonicalize/markers.js';
import { suspicionOf } from '../canonicalize/suspicion.js';
import { MergeTable } from './merge-table.js';
import { TokenizerError } from './tokenizer-error.js';

/** The one pre-tokenizer this encoder implements, as tokenizer.json spells it; `bpe.ts` scans it by char code. */
export const SPLIT_PATTERN =
  ' ?[A-Za-z\\u0080-\\U0010FFFF]+| ?[0-9]+| ?[!-/:-@\\[-`{-~\\x00-\\x08\\x0e-\\x1f\\x7f]+|[\\t\\n\\x0b\\x0c\\r ]+';

/** What the encoder needs of a tokenizer.json. */
export interface Vocabulary {
  /** Number of ids, the markers included. */
  readonly size: number;
  /** Id of each single byte. */
  readonly byteIds: Uint16Array;
  /** Length of each token in UTF-8 bytes; a marker has 3. */
  readonly byteLengths: Uint8Array;
  /** How much syntax each token holds, as `suspicionOf` counts it. */
  readonly marks: Uint8Array;
  readonly merges: MergeTable;
}

type Json = Record<string, unknown>;

/** Reads a Hugging Face tokenizer.json. @throws TokenizerError when it is not the byte-level BPE implemented here. */
export function loadVocabulary(path: string): Vocabulary {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new TokenizerError(path, 'the file', 'readable JSON', (error as Error).message);
  }
  return parseVocabulary(parsed, path);
}

/** As {@link loadVocabulary}, of parsed JSON; `source` is what errors call it. */
export function parseVocabulary(json: unknown, source: string): Vocabulary {
  const root = isObject(json) ? json : {};
  const model = isObject(root.model) ? root.model : {};
  const refuse = (key: string, expected: string, actual: unknown): never => {
    throw new TokenizerError(source, key, expected, actual);
  };
  const off = (value: unknown): boolean => value === undefined || value === null || value === false || value === '';

  if (model.type !== 'BPE') refuse('model.type', '"BPE"', model.type);
  for (const key of ['dropout', 'unk_token', 'continuing_subword_prefix', 'end_of_word_suffix', 'fuse_unk'] as const) {
    if (!off(model[key])) refuse(`model.${key}`, 'absent, null, false or empty', model[key]);
  }
  for (const key of ['byte_fallback', 'ignore_merges'] as const) {
    if (!off(model[key])) refuse(`model.${key}`, 'false', model[key]);
  }
  for (const key of ['normalizer', 'truncation', 'padding'] as const) {
    if (!off(root[key])) refuse(key, 'null', root[key]);
  }
  const post = root.post_processor;
  if (!off(post) && (post as Json).type !== 'ByteLevel') refuse('post_processor', 'null', post);
  checkPreTokenizer(root.pre_tokenizer, refuse);

  const vocab = isObject(model.vocab) ? model.vocab : refuse('model.vocab', 'an object', model.vocab);
  checkMarkers(root.added_tokens, refuse);
  const ids = new Map<string, number>();
  const idsSeen = new Set<number>();
  for (const [token, id] of Object.entries(vocab)) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > 0xffff || idsSeen.has(id as number)) {
      refuse(`model.vocab[${JSON.stringify(token)}]`, 'a unique integer from 0 to 65535', id);
    }
    ids.set(token, id as number);
    idsSeen.add(id as number);
  }

  const size = Math.max(MARKER_COUNT - 1, ...idsSeen) + 1;
  const byteLengths = new Uint8Array(size).fill(3, 0, MARKER_COUNT);
  const marks = new Uint8Array(size);
  for (const [token, id] of ids) {
    const isMarker = token.length === 1 && token.charCodeAt(0) - MARKER_BASE === id;
    if (isMarker) continue;
    if (id < MARKER_COUNT) refuse(`model.vocab[${JSON.stringify(token)}]`, `at least ${MARKER_COUNT}`, id);
    // Every letter of the byte-level alphabet is one UTF-16 unit and stands for one byte.
    if (token.length > 255) refuse(`model.vocab[${JSON.stringify(token)}]`, 'at most 255 bytes long', token.length);
    byteLengths[id] = token.length;
    marks[id] = suspicionOf(token);
  }

  const byteIds = new Uint16Array(256);
  byteAlphabet().forEach((letter, byte) => {
    byteIds[byte] =
      ids.get(letter) ?? refuse(`model.vocab[${JSON.stringify(letter)}]`, `the id of byte ${byte}`, undefined);
  });
  return { size, byteIds, byteLengths, marks, merges: readMerges(model.merges, ids, refuse) };
}

type Refuse = (key: string, expected: string, actual: unknown) => never;

function checkPreTokenizer(value: unknown, refuse: Refuse): void {
  const root = isObject(value) ? value : {};
  if (root.type !== 'Sequence') refuse('pre_tokenizer.type', '"Sequence"', root.type);
  const steps = Array.isArray(root.pretokenizers) ? (root.pretokenizers as Json[]) : [];
  if (steps.length !== 2) refuse('pre_tokenizer.pretokenizers', '[Split, ByteLevel]', root.pretokenizers);
  const [split, bytes] = steps as [Json, Json];
  if (split.type !== 'Split') refuse('pre_tokenizer.pretokenizers[0].type', '"Split"', split.type);
  const pattern = isObject(split.pattern) ? split.pattern.Regex : undefined;
  if (typeof pattern !== 'string' || literal(pattern) !== literal(SPLIT_PATTERN)) {
    refuse('pre_tokenizer.pretokenizers[0].pattern.Regex', JSON.stringify(SPLIT_PATTERN), pattern);
  }
  if (split.behavior !== 'Isolated') refuse('pre_tokenizer.pretokenizers[0].behavior', '"Isolated"', split.behavior);
  if (split.invert !== false) refuse('pre_tokenizer.pretokenizers[0].invert', 'false', split.invert);
  if (bytes.type !== 'ByteLevel') refuse('pre_tokenizer.pretokenizers[1].type', '"ByteLevel"', bytes.type);
  for (const key of ['add_prefix_space', 'use_regex'] as const) {
    if (bytes[key] !== false) refuse(`pre_tokenizer.pretokenizers[1].${key}`, 'false', bytes[key]);
  }
}

/** A pattern with its escapes written out as characters, so that it compares equal however another language spelled it. */
function literal(pattern: string): string {
  return pattern.replace(/\\(?:u([0-9A-F]{4})|U([0-9A-F]{8})|x([0-9a-f]{2})|([tnr]))/g, (_, u, U, x, name) =>
    name
      ? { t: '\t', n: '\n', r: '\r' }[name as 't' | 'n' | 'r']
      : String.fromCodePoint(Number.parseInt(u ?? U ?? x, 16)),
  );
}

function checkMarkers(value: unknown, refuse: Refuse): void {
  const added = Array.isArray(value) ? (value as Json[]) : [];
  if (added.length !== MARKER_COUNT) refuse('added_tokens', `the ${MARKER_COUNT} markers`, added.length);
  const seen = new Set<unknown>();
  for (const token of added) {
    const key = `added_tokens[${token.id}]`;
    const expected = String.fromCharCode(MARKER_BASE + Number(token.id));
    if (!(Number(token.id) < MARKER_COUNT) || token.content !== expected || seen.has(token.id)) {
      refuse(key, `marker U+E000 + id, id from 0 to ${MARKER_COUNT - 1}`, token);
    }
    seen.add(token.id);
    if (token.special !== true) refuse(`${key}.special`, 'true', token.special);
    for (const flag of ['single_word', 'lstrip', 'rstrip', 'normalized']) {
      if (token[flag] !== false) refuse(`${key}.${flag}`, 'false', token[flag]);
    }
  }
}

function readMerges(value: unknown, ids: ReadonlyMap<string, number>, refuse: Refuse): MergeTable {
  if (!Array.isArray(value)) return refuse('model.merges', 'a list', value);
  return new MergeTable(
    value.map((entry: unknown, rank) => {
      const pair = typeof entry === 'string' ? entry.split(' ') : entry;
      const key = `model.merges[${rank}]`;
      if (!Array.isArray(pair) || pair.length !== 2) return refuse(key, '"a b" or ["a", "b"]', entry);
      const id = (token: string): number => ids.get(token) ?? refuse(key, 'made of tokens of the vocabulary', token);
      return [id(pair[0]), id(pair[1]), id(pair[0] + pair[1])] as const;
    }),
  );
}

/** GPT-2's printable stand-in for each byte, by byte value. */
function byteAlphabet(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

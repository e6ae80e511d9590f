import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { RequestFormatError, requestFromJson } from '../../../src/request/from-json.js';
import { readLines } from '../../../src/request/read-lines.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { suiteFiles } from '../folder.js';
import { className, type Expectation, guessZone, type Loaded, type SuiteZone } from '../suite-case.js';
import { sendableHeader, sendableTarget, toWire } from '../wire.js';

/**
 * Requests of our JSON contract, one a line, `.gz` too; `label` (`benign`, `attack`, 0, 1, true, false), `class` and
 * `zone` (or `meta.zone`) are read where there are any. The body's length is stated anew: files often hold it decoded
 * or cut.
 */
export async function* loadJsonl(folder: string): AsyncGenerator<Loaded> {
  for (const { path, name } of suiteFiles(folder, /\.(?:jsonl|ndjson|json)(?:\.gz)?$/)) {
    const raw = createReadStream(path);
    const stream = name.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
    let number = 0;
    for await (const line of readLines(stream)) {
      number++;
      if (line.trim() !== '') yield readLine(line, `${name}:${number}`);
    }
  }
}

function readLine(line: string, id: string): Loaded {
  let value: Labels;
  let view: RequestView;
  try {
    value = JSON.parse(line) as Labels;
    view = requestFromJson(value, '1').view;
  } catch (error) {
    if (!(error instanceof RequestFormatError || error instanceof SyntaxError)) throw error;
    return { id, skipped: error instanceof SyntaxError ? 'not JSON' : error.message };
  }
  const expected = expectationOf(value.label);
  return {
    id,
    class: className(String(value.class ?? value.label ?? 'unlabeled')),
    zone: zoneOf(value.zone ?? value.meta?.zone) ?? guessZone(view.target, view.body.length),
    expected,
    bytes: wireOf(view),
  };
}

interface Labels {
  label?: unknown;
  class?: unknown;
  zone?: unknown;
  meta?: { zone?: unknown };
}

function expectationOf(label: unknown): Expectation {
  const word = String(label ?? '').toLowerCase();
  if (['benign', 'normal', 'legitimate', '0', 'false'].includes(word)) return 'passed';
  return ['attack', 'malicious', 'anomalous', '1', 'true'].includes(word) ? 'blocked' : 'unknown';
}

/** Suites name zones in many ways; ours by the word they start with. */
function zoneOf(zone: unknown): SuiteZone | undefined {
  const word = String(zone ?? '').toLowerCase();
  return ZONES.find(([pattern]) => pattern.test(word))?.[1];
}

const ZONES: readonly (readonly [pattern: RegExp, zone: SuiteZone])[] = [
  [/^(?:path|url_?path)/, 'path'],
  [/^(?:query|param|args?|url)/, 'query'],
  [/^cookie/, 'cookie'],
  [/^header/, 'header'],
  [/^(?:body|form|json|xml|multipart|post)/, 'body'],
];

function wireOf({ method, target, host, headers, body }: RequestView): Buffer {
  const sent = headers
    .filter(([name]) => !name.startsWith(':') && !FRAMING.has(name))
    .map(([name, value]) => [name, sendableHeader(value)] as const);
  const named = sent.some(([name]) => name === 'host');
  return toWire({
    method,
    target: sendableTarget(target) || '/',
    headers: named ? sent : [['host', host || 'localhost'], ...sent],
    body,
  });
}

/** They describe the connection that a request was captured from, not this one. */
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'expect']);

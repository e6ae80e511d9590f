#!/usr/bin/env node
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { CANONICALIZER_VERSION } from './canonicalize/canonical-request.js';
import { canonicalize } from './canonicalize/canonicalize.js';
import { canonicalizeValue } from './canonicalize/canonicalize-value.js';
import { DEFAULT_LIMITS } from './canonicalize/limits.js';
import { readRequests } from './request/read-requests.js';

async function canonicalizeVerb(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { values: { type: 'boolean', default: false }, strict: { type: 'boolean', default: false } },
  });
  if (values.values) return canonicalizeValues();
  let bad = 0;
  for await (const item of readRequests(positionals.length > 0 ? positionals : ['-'])) {
    if ('error' in item) {
      bad++;
      process.stderr.write(`${item.source}:${item.line}: ${item.error}\n`);
      if (values.strict) return 1;
      continue;
    }
    const { id, status, view } = item.request;
    const canonical = canonicalize(view, DEFAULT_LIMITS);
    await print({
      id: id ?? item.line,
      host: view.host,
      client: view.client,
      time: view.time,
      status,
      canonicalizerVersion: CANONICALIZER_VERSION,
      sequences: canonical.fields.map((field) => field.text),
      zones: canonical.fields.map((field) => field.zone),
      names: canonical.fields.map((field) => field.name),
      bytesInspected: canonical.bytesInspected,
      bytesReceived: canonical.bytesReceived,
      truncated: canonical.truncated,
      limits: canonical.limits,
    });
  }
  if (bad > 0) process.stderr.write(`${bad} lines skipped\n`);
  return 0;
}

async function canonicalizeValues(): Promise<number> {
  let line = 0;
  for await (const text of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    if (typeof value !== 'string') {
      process.stderr.write(`-:${line}: expected one JSON string a line\n`);
      return 1;
    }
    await print(canonicalizeValue(value));
  }
  return 0;
}

async function print(value: unknown): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(value)}\n`)) await once(process.stdout, 'drain');
}

const [verb, ...rest] = process.argv.slice(2);
const verbs: Record<string, (args: string[]) => Promise<number>> = { canonicalize: canonicalizeVerb };
const run = verbs[verb ?? ''];
if (run === undefined) {
  process.stderr.write(`usage: normgate ${Object.keys(verbs).join(' | ')}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(rest);
}

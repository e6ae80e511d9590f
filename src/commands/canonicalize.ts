import { parseArgs } from 'node:util';
import { CANONICALIZER_VERSION } from '../canonicalize/canonical-request.js';
import { canonicalize } from '../canonicalize/canonicalize.js';
import { canonicalizeValue } from '../canonicalize/canonicalize-value.js';
import { DEFAULT_LIMITS } from '../canonicalize/limits.js';
import { readLines } from '../request/read-lines.js';
import { readRequests } from '../request/read-requests.js';
import { type Command, printJson } from './command.js';

/** `normgate canonicalize`: what the model reads of each request; the trainer's only source of text. */
export const canonicalizeCommand: Command = {
  summary: 'print the canonical sequences of requests, one JSON object a line',
  usage: `normgate canonicalize [FILE...|-] [--strict]
       normgate canonicalize --values [--strict]

  FILE       JSON lines (gzip accepted) or one raw HTTP request; - or nothing is standard input
  --values   read one JSON string a line instead, print its canonical text as one JSON string a line
  --strict   stop at the first bad line with exit code 1; default: name it on stderr and skip it`,

  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { values: { type: 'boolean', default: false }, strict: { type: 'boolean', default: false } },
    });
    return values.values ? canonicalizeValues() : canonicalizeRequests(positionals, values.strict);
  },
};

async function canonicalizeRequests(sources: string[], strict: boolean): Promise<number> {
  let bad = 0;
  for await (const item of readRequests(sources.length > 0 ? sources : ['-'])) {
    if ('error' in item) {
      bad++;
      process.stderr.write(`${item.source}:${item.line}: ${item.error}\n`);
      if (strict) return 1;
      continue;
    }
    const { id, status, view } = item.request;
    const canonical = canonicalize(view, DEFAULT_LIMITS);
    await printJson({
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
  if (bad > 0) process.stderr.write(`skipped ${bad} bad lines\n`);
  return 0;
}

/** Line in, line out: a value that cannot be read ends the run, or the pairs would no longer match. */
async function canonicalizeValues(): Promise<number> {
  let line = 0;
  for await (const text of readLines(process.stdin)) {
    line++;
    const value = parsed(text);
    if (typeof value !== 'string') {
      process.stderr.write(`-:${line}: expected one JSON string a line\n`);
      return 1;
    }
    await printJson(canonicalizeValue(value));
  }
  return 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

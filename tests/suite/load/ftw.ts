import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { suiteFiles } from '../folder.js';
import { className, type Expectation, guessZone, type Loaded, type SuiteCase } from '../suite-case.js';
import { toWire, utf8, wellFormed } from '../wire.js';

/** `stages[].input` of the test format (https://github.com/coreruleset/ftw-tests-schema), as far as it is read. */
interface Input {
  uri?: string;
  uris?: string[];
  version?: string;
  method?: string;
  headers?: Record<string, unknown>;
  data?: unknown;
  encoded_data?: string;
  encoded_request?: string;
  raw_request?: string;
  autocomplete_headers?: boolean;
  stop_magic?: boolean;
  response?: unknown;
}

interface Output {
  status?: number | number[];
  log_contains?: string;
  no_log_contains?: string;
  log?: { expect_ids?: number[]; no_expect_ids?: number[]; match_regex?: string; no_match_regex?: string };
}

interface Stage {
  input?: Input;
  output?: Output;
  stage?: Stage;
}

interface TestFile {
  rule_id?: number;
  tests?: { test_id?: number; test_title?: string; stages?: Stage[] }[];
}

/**
 * The core rule set's regression tests (go-ftw YAML, schema 1 to 3). A test that wants a rule to fire is one to block,
 * a test that wants it not to is one to pass: not the same as benign, since it may be an attack of another kind. Tests
 * about what a server answers are left out. Where the test runner would send the request (`dest_addr`, `port`) is not
 * where it goes.
 */
export function* loadFtw(folder: string): Generator<Loaded> {
  for (const { path, name, folders } of suiteFiles(folder, /\.ya?ml$/)) {
    let file: TestFile | null;
    try {
      file = parse(readFileSync(path, 'utf8'), { uniqueKeys: false }) as TestFile | null;
    } catch (error) {
      yield { id: name, skipped: `not YAML: ${(error as Error).message.split('\n', 1)[0]}` };
      continue;
    }
    if (!Array.isArray(file?.tests)) {
      yield { id: name, skipped: 'expected a list of tests' };
      continue;
    }
    const kind = className(folders.at(-1) ?? name.replace(/^.*\/|\.ya?ml$/g, ''));
    for (const [at, test] of file.tests.entries()) {
      const title = test.test_title ?? `${file.rule_id ?? name}-${test.test_id ?? at + 1}`;
      for (const [number, wrapped] of (test.stages ?? []).entries()) {
        const stage = wrapped.stage ?? wrapped;
        const id = (test.stages ?? []).length > 1 ? `${name} ${title} stage ${number + 1}` : `${name} ${title}`;
        if (stage.input?.response !== undefined || /\bRESPONSE-\d/.test(name))
          yield { id, skipped: 'about a response' };
        else yield* casesOf(id, kind, stage);
      }
    }
  }
}

function* casesOf(id: string, kind: string, { input = {}, output = {} }: Stage): Generator<SuiteCase> {
  const expected = expectationOf(output);
  const encoded = input.encoded_request ?? input.raw_request;
  if (encoded !== undefined && encoded !== '') {
    const bytes = Buffer.from(encoded, 'base64');
    const target = bytes.toString('latin1').split(/\s/, 2)[1] ?? '';
    const bodyBytes = bytes.length - bytes.indexOf('\r\n\r\n') - 4;
    yield { id, class: kind, zone: guessZone(target, bodyBytes), expected, bytes };
    return;
  }
  for (const uri of input.uris?.length ? input.uris : [input.uri ?? '/']) {
    const headers = headersOf(input);
    const body = bodyOf(input, headers);
    const target = utf8(String(uri));
    const bytes = toWire({ method: input.method ?? 'GET', target, version: input.version, headers, body });
    yield { id, class: kind, zone: guessZone(target, body.length), expected, bytes };
  }
}

function headersOf(input: Input): [string, string][] {
  return Object.entries(input.headers ?? {}).map(([name, value]) => [utf8(name), utf8(String(value ?? ''))]);
}

const FORM = 'application/x-www-form-urlencoded';

/** The body as go-ftw sends it: forms that are not encoded yet are, multipart lines end in CRLF. Completes `headers`. */
function bodyOf(input: Input, headers: [string, string][]): Buffer {
  if (input.encoded_data) return Buffer.from(input.encoded_data, 'base64');
  const data = Array.isArray(input.data) ? input.data.join('\r\n') : String(input.data ?? '');
  if (data === '') return Buffer.alloc(0);
  const complete = input.autocomplete_headers ?? !(input.stop_magic ?? false);
  let type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (type === undefined && complete) {
    headers.push(['Content-Type', FORM]);
    type = FORM;
  }
  if (complete && type === FORM) return Buffer.from(formEncoded(data), 'utf8');
  return Buffer.from(type?.startsWith('multipart/form-data;') ? data.replace(/\r?\n/g, '\r\n') : data, 'utf8');
}

/** `data` as it is when decoding would change it, since it is encoded then; names and values encoded otherwise. */
function formEncoded(data: string): string {
  if (/\+|%[0-9A-Fa-f]{2}/.test(data)) return data;
  const encoded = (text: string): string => encodeURIComponent(wellFormed(text)).replaceAll('%20', '+');
  return data
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? encoded(pair) : `${encoded(pair.slice(0, equals))}=${encoded(pair.slice(equals + 1))}`;
    })
    .join('&');
}

/** A rule that should fire decides first, one that should not next, then the status. */
function expectationOf({ log, log_contains, no_log_contains, status }: Output): Expectation {
  if (log?.expect_ids?.length || log?.match_regex || log_contains) return 'blocked';
  if (log?.no_expect_ids?.length || log?.no_match_regex || no_log_contains) return 'passed';
  const first = Array.isArray(status) ? status[0] : status;
  if (first === 403) return 'blocked';
  return first !== undefined && (first < 400 || first === 404) ? 'passed' : 'unknown';
}

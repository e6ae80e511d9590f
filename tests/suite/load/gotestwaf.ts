import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type SuiteFile, suiteFiles } from '../folder.js';
import { className, type Loaded } from '../suite-case.js';
import { encodePayload } from './gotestwaf-encoders.js';
import { placePayload } from './gotestwaf-placeholders.js';

/** A test file of GoTestWAF, as far as it is read: every payload, in every encoding, in every place. */
interface TestFile {
  payload?: unknown;
  encoder?: unknown;
  placeholder?: unknown;
  type?: unknown;
}

/**
 * GoTestWAF's test cases (https://github.com/wallarm/gotestwaf, `testcases/`): payloads × encoders × placeholders. The
 * folder is the test set; one with `false` in its name holds benign texts. Its gRPC placeholder needs HTTP/2 and is
 * left out.
 */
export function* loadGotestwaf(folder: string): Generator<Loaded> {
  for (const file of suiteFiles(folder, /\.ya?ml$/)) yield* readFile(file);
}

function* readFile({ path, name, folders }: SuiteFile): Generator<Loaded> {
  let test: TestFile | null;
  try {
    // A raw request may state a header twice, which YAML forbids and GoTestWAF's reader allows.
    test = parse(readFileSync(path, 'utf8'), { uniqueKeys: false }) as TestFile | null;
  } catch (error) {
    yield { id: name, skipped: `not YAML: ${(error as Error).message.split('\n', 1)[0]}` };
    return;
  }
  const payloads = list(test?.payload).map(String);
  const encoders = list(test?.encoder).map(String);
  const placeholders = list(test?.placeholder).map(placeholderOf);
  if (payloads.length === 0 || encoders.length === 0 || placeholders.length === 0) {
    yield { id: name, skipped: 'expected payload, encoder and placeholder lists' };
    return;
  }
  const set = folders.at(-1) ?? '';
  const kind = className(String(test?.type ?? name.replace(/^.*\/|\.ya?ml$/g, '')));
  for (const [index, payload] of payloads.entries()) {
    for (const encoder of encoders) {
      for (const placeholder of placeholders) {
        const id = `${name}#${index + 1}/${encoder}/${placeholder.name}`;
        const encoded = encodePayload(encoder, payload);
        const placed = encoded === undefined ? undefined : placePayload(placeholder, encoded);
        if (encoded === undefined) yield { id, skipped: `unknown encoder ${encoder}` };
        else if (placed === undefined) yield { id, skipped: `placeholder ${placeholder.name} is not supported` };
        else yield { id, class: kind, expected: /false/i.test(set) ? 'passed' : 'blocked', ...placed };
      }
    }
  }
}

function list(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** `URLParam`, or a mapping of one name to its settings. */
function placeholderOf(value: unknown): { name: string; settings: Record<string, unknown> } {
  if (typeof value !== 'object' || value === null) return { name: String(value), settings: {} };
  const [name = '', settings] = Object.entries(value)[0] ?? [];
  return { name, settings: (settings ?? {}) as Record<string, unknown> };
}

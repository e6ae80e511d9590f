import { readFileSync } from 'node:fs';
import { suiteFiles } from '../folder.js';
import { className, guessZone, type Loaded } from '../suite-case.js';

const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40} (.+?)(?: HTTP\/\d(?:\.\d)?)?\r?\n/;

/**
 * One raw HTTP request a file. The innermost folder is its class; `benign`, `normal`, `legit` and the like among the
 * folders say that it should pass, `attack`, `malicious` and the like that it should be blocked.
 *
 * Bytes go as they are, but for what an editor does to a saved request: a head whose lines all end in a bare LF gets
 * CRLF, a missing blank line after the head is added.
 */
export function* loadRaw(folder: string): Generator<Loaded> {
  for (const { path, name, folders } of suiteFiles(folder)) {
    const bytes = completed(readFileSync(path));
    const target = REQUEST_LINE.exec(bytes.subarray(0, 70_000).toString('latin1'))?.[1];
    if (target === undefined) {
      yield { id: name, skipped: 'no request line' };
      continue;
    }
    const bodyBytes = bytes.length - bytes.indexOf('\r\n\r\n') - 4;
    yield {
      id: name,
      class: className(folders.at(-1) ?? 'raw'),
      zone: guessZone(target, bodyBytes),
      expected: expectationOf(folders),
      bytes,
    };
  }
}

function completed(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  if (text.includes('\r\n\r\n')) return bytes;
  const blank = text.indexOf('\n\n');
  const head = blank < 0 ? text.trimEnd() : text.slice(0, blank);
  const body = blank < 0 ? '' : text.slice(blank + 2);
  const lines = head.includes('\r') ? head : head.replaceAll('\n', '\r\n');
  return Buffer.from(`${lines}\r\n\r\n${body}`, 'latin1');
}

/** What the names of folders say; the innermost that says anything decides. */
export function expectationOf(folders: readonly string[]): 'blocked' | 'passed' | 'unknown' {
  for (const folder of [...folders].reverse()) {
    const words = folder.toLowerCase().split(/[^a-z]+/);
    if (words.some((word) => PASS.has(word))) return 'passed';
    if (words.some((word) => BLOCK.has(word))) return 'blocked';
  }
  return 'unknown';
}

const PASS = new Set(['benign', 'normal', 'legit', 'legitimate', 'white', 'clean', 'good', 'false', 'fp']);
const BLOCK = new Set(['attack', 'attacks', 'malicious', 'black', 'anomalous', 'bad', 'evil', 'exploit', 'exploits']);

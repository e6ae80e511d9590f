import { readFileSync } from 'node:fs';
import { suiteFiles } from '../folder.js';
import { className, guessZone, type Loaded } from '../suite-case.js';

/** A version at its end, or a target that cannot be prose: notes in the folder are no requests. */
const REQUEST_LINE =
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40} (?:(.+?) HTTP\/\d(?:\.\d)?|((?:\/|\*|[a-z]{1,10}:\/\/)\S*))\r?\n/;

/**
 * One raw HTTP request a file. The innermost folder is its class; `benign`, `normal`, `legit` and the like among the
 * folders say that it should pass, `attack`, `malicious` and the like that it should be blocked.
 *
 * Bytes go as they are, but for what an editor does to a saved request: a head whose lines all end in a bare LF gets
 * CRLF and the body's length as it is now, a missing blank line after the head is added. A body whose length nothing
 * states would be taken for another request, so it is stated.
 */
export function* loadRaw(folder: string): Generator<Loaded> {
  for (const { path, name, folders } of suiteFiles(folder)) {
    const bytes = completed(readFileSync(path));
    const line = REQUEST_LINE.exec(bytes.subarray(0, 70_000).toString('latin1'));
    const target = line?.[1] ?? line?.[2];
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
  const whole = text.indexOf('\r\n\r\n');
  if (whole >= 0) return framed(text.slice(0, whole), text.slice(whole + 4), false);
  const blank = text.indexOf('\n\n');
  const head = blank < 0 ? text.trimEnd() : text.slice(0, blank);
  const body = blank < 0 ? '' : text.slice(blank + 2);
  return head.includes('\r') ? framed(head, body, false) : framed(head.replaceAll('\n', '\r\n'), body, true);
}

/** @param edited the stated length is that of other line ends. */
function framed(head: string, body: string, edited: boolean): Buffer {
  const length = `Content-Length: ${body.length}`;
  const stated = edited ? head.replace(CONTENT_LENGTH, `\r\n${length}`) : head;
  const missing = body !== '' && !FRAMING.test(head) && !REQUEST_LINE.test(body);
  return Buffer.from(`${stated}${missing ? `\r\n${length}` : ''}\r\n\r\n${body}`, 'latin1');
}

const CONTENT_LENGTH = /\r\ncontent-length:[^\r\n]*/i;
const FRAMING = /\r\n(?:content-length|transfer-encoding)\s*:/i;

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

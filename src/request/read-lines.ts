import type { Readable } from 'node:stream';

/** Longest line kept, in UTF-16 units; what is longer comes out cut there, so that memory stays bounded. */
export const MAX_LINE = 64 * 1024 * 1024;

/**
 * Lines of UTF-8 text, ended by LF or CRLF alone: `node:readline` also ends lines at U+2028, which JSON strings may hold.
 * A byte-order mark at the start is dropped. Errors of the stream are thrown.
 */
export async function* readLines(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let pending: string[] = [];
  let length = 0;
  let first = true;
  const line = (): string => {
    const text = pending.join('');
    pending = [];
    length = 0;
    const start = first && text.startsWith('\ufeff') ? 1 : 0;
    first = false;
    return text.slice(start, text.endsWith('\r') ? -1 : undefined);
  };
  for await (const chunk of stream as AsyncIterable<string>) {
    let from = 0;
    for (let to = chunk.indexOf('\n'); to >= 0; to = chunk.indexOf('\n', from)) {
      pending.push(chunk.slice(from, to));
      yield line();
      from = to + 1;
    }
    const rest = chunk.slice(from, from + MAX_LINE - length);
    if (rest !== '') pending.push(rest);
    length += rest.length;
  }
  if (length > 0) yield line();
}

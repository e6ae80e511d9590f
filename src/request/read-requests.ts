import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type JsonRequest, RequestFormatError, requestFromJson } from './from-json.js';
import { looksLikeRawHttp, requestFromRawHttp } from './from-raw-http.js';
import { readLines } from './read-lines.js';

/** One request read from a file, or why its line could not be read. Lines count from 1. */
export type ReadRequest =
  | { readonly source: string; readonly line: number; readonly request: JsonRequest }
  | { readonly source: string; readonly line: number; readonly error: string };

/** A raw HTTP file is one request and is read whole; more than this is refused. */
const MAX_RAW_BYTES = 64 * 1024 * 1024;

/**
 * Streams requests from files (`-` is standard input): JSON lines, the same gzipped, or one raw HTTP request a file.
 * Which one it is shows in the first bytes. Memory stays constant in the number of lines.
 *
 * @throws Error naming the source when it cannot be read to its end: no such file, broken gzip.
 */
export async function* readRequests(sources: readonly string[]): AsyncGenerator<ReadRequest> {
  for (const source of sources) {
    try {
      const { stream, start } = await open(source);
      if (looksLikeRawHttp(start)) yield await readRawHttp(source, stream);
      else yield* readJsonLines(source, stream);
    } catch (error) {
      throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
    }
  }
}

async function* readJsonLines(source: string, stream: Readable): AsyncGenerator<ReadRequest> {
  let line = 0;
  for await (const text of readLines(stream)) {
    line++;
    if (text.trim() === '') continue;
    try {
      yield { source, line, request: requestFromJson(JSON.parse(text), String(line)) };
    } catch (error) {
      if (!(error instanceof RequestFormatError || error instanceof SyntaxError)) throw error;
      yield {
        source,
        line,
        error: error instanceof SyntaxError ? 'not JSON: expected one object a line' : error.message,
      };
    }
  }
}

async function readRawHttp(source: string, stream: Readable): Promise<ReadRequest> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_RAW_BYTES) return { source, line: 1, error: `raw request over ${MAX_RAW_BYTES} bytes` };
    chunks.push(chunk as Buffer);
  }
  try {
    const view = requestFromRawHttp(Buffer.concat(chunks), '1');
    return { source, line: 1, request: { id: undefined, status: null, view } };
  } catch (error) {
    if (!(error instanceof RequestFormatError)) throw error;
    return { source, line: 1, error: error.message };
  }
}

/** Opens a source, undoes gzip by its magic bytes, and shows the first bytes without consuming them. */
async function open(source: string): Promise<{ stream: Readable; start: string }> {
  const raw: Readable = source === '-' ? process.stdin : createReadStream(source);
  const first = await peek(raw);
  if (first[0] !== 0x1f || first[1] !== 0x8b) return { stream: raw, start: first.toString('latin1') };
  const stream = raw.pipe(createGunzip());
  raw.on('error', (error) => stream.destroy(error));
  return { stream, start: (await peek(stream)).toString('latin1') };
}

function peek(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    const ready = (): void => {
      const chunk = stream.read() as Buffer | null;
      stream.off('error', reject);
      if (chunk !== null) stream.unshift(chunk);
      resolve(chunk === null ? Buffer.alloc(0) : chunk);
    };
    stream.once('readable', ready);
  });
}

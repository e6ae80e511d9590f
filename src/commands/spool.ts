import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Most that one input may hold: a disk of temporary files is somebody else's too. */
const MAX_BYTES = 8 * 2 ** 30;

/**
 * Lets sources be read more than once: standard input and pipes go to temporary files, which only this user can read and
 * which are gone afterwards; all others stay what they are.
 *
 * @param use gets what to read instead, and how to tell people where something came from.
 * @throws Error when an input is larger than `maxBytes`.
 */
export async function withSpooled<T>(
  sources: readonly string[],
  use: (paths: string[], nameOf: (path: string) => string) => Promise<T>,
  maxBytes = MAX_BYTES,
): Promise<T> {
  const names = new Map<string, string>();
  const once = [...new Set(sources)].filter(isReadOnce);
  if (once.length === 0) return use([...sources], (path) => path);
  const directory = mkdtempSync(join(tmpdir(), 'normgate-learn-'));
  try {
    const paths = new Map<string, string>();
    for (const source of once) {
      const path = join(directory, String(paths.size));
      const limited = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
        let bytes = 0;
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > maxBytes)
            throw new Error(`${source}: expected at most ${maxBytes} bytes, got more: learn from a file instead`);
          yield chunk;
        }
      };
      const input = source === '-' ? process.stdin : createReadStream(source);
      await pipeline(input, limited, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      paths.set(source, path);
      names.set(path, source);
    }
    return await use(
      sources.map((source) => paths.get(source) ?? source),
      (path) => names.get(path) ?? path,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function isReadOnce(source: string): boolean {
  if (source === '-') return true;
  // What is not there is left to whoever opens it, and says so.
  const found = statSync(source, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

import { MIN_HIDDEN } from './decode/encoded-text.js';

/**
 * The pieces of a path that may be encoded text: its segments, and what follows one of the last slashes as a whole, since
 * base64 has slashes of its own. Still percent-encoded.
 *
 * @param path byte string without query.
 */
export function pathPieces(path: string): string[] {
  const pieces: string[] = [];
  let end = path.length;
  for (let i = 0; end > 0; i++) {
    const slash = path.lastIndexOf('/', end - 1);
    if (end - slash > MIN_HIDDEN) pieces.push(path.slice(slash + 1, end));
    if (i < MAX_TAILS && end < path.length && path.length - slash > MIN_HIDDEN && path.length - slash <= MAX_TAIL) {
      pieces.push(path.slice(slash + 1));
    }
    end = slash;
  }
  return pieces;
}

/** Each costs its length. */
const MAX_TAILS = 24;
const MAX_TAIL = 1024;

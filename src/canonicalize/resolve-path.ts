import { decodeBytes } from './decode/fixed-point.js';

/**
 * The path that a server acts on: decoded, `\\` as `/`, `;` parameters dropped, slashes merged, dot segments removed
 * (RFC 3986 section 5.2.4; parameters as servlet containers drop them).
 *
 * @param path byte string without query.
 * @returns `undefined` when that is the decoded path itself, merged slashes aside.
 */
export function resolvePath(path: string, maxSteps: number): string | undefined {
  if (!UNRESOLVED.test(path)) return undefined;
  const { text } = decodeBytes(path.slice(0, MAX_PATH), false, { maxSteps });
  const segments: string[] = [];
  const pieces = text.replaceAll('\\', '/').split('/');
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i]!;
    const semicolon = piece.indexOf(';');
    const segment = semicolon < 0 ? piece : piece.slice(0, semicolon);
    const last = i === pieces.length - 1;
    if (segment === '..') segments.pop();
    if (segment === '' || segment === '.' || segment === '..') {
      if (last) segments.push('');
    } else segments.push(segment);
  }
  const resolved = `/${segments.join('/')}`;
  // Merged slashes alone change no word of it.
  const merged = text.replace(SLASHES, '/');
  return resolved === merged || resolved === `/${merged}` ? undefined : resolved;
}

const SLASHES = /\/{2,}/g;
const UNRESOLVED = /\/\.|[;\\%]/;
const MAX_PATH = 8192;

/**
 * What an application saw, as a flat list: every scalar and every name of a parsed structure.
 * @typedef {{ where: string, name: string, value: string }} Seen
 */

/** Deeper is not followed: the harness compares values, not structures. */
const MAX_DEPTH = 64;

/** @param {string} where @param {unknown} value @param {Seen[]} seen */
export function flatten(where, value, seen, name = '', depth = 0) {
  if (depth > MAX_DEPTH || value === undefined) return;
  if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      const path = name === '' ? key : `${name}.${key}`;
      if (!Array.isArray(value)) seen.push({ where: `${where} name`, name: '', value: key });
      flatten(where, inner, seen, path, depth + 1);
    }
  } else seen.push({ where, name, value: String(value) });
}

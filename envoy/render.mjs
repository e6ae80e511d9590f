/**
 * Fills envoy.yaml in: the file is valid by itself, and each value that a start changes is named in a comment on its
 * line. A name that is not in the file, or a value that could break out of its place, is an error.
 */
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} EnvoyValues
 * @property {string} [LISTEN_HOST]
 * @property {number} [PORT]
 * @property {number} [ENVOY_ADMIN_PORT]
 * @property {boolean} [FAIL_OPEN]
 * @property {string} [SIDECAR_HOST]
 * @property {number} [SIDECAR_PORT]
 * @property {string} [UPSTREAM_HOST]
 * @property {number} [UPSTREAM_PORT]
 * @property {string} [UPSTREAM_CA]   a file of PEM certificates; with `tls` only
 */

/**
 * @param {EnvoyValues} values what is not named keeps its default
 * @param {{tls?: boolean, template?: string}} [options] `tls` for an upstream that speaks TLS
 * @returns {string} YAML
 */
export function renderEnvoy(values, { tls = false, template } = {}) {
  let text = template ?? readFileSync(new URL('envoy.yaml', import.meta.url), 'utf8');
  if (tls) text = text.replace(/^( *)#tls /gm, '$1');
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!/^[\w.:/@%+~ -]+$/.test(String(value))) throw new Error(`${name}: expected a plain word, got ${JSON.stringify(value)}`);
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    let found = 0;
    // The last value of the line: after `: `, before closing braces and the comment.
    const place = new RegExp(`^(.*: )([^\\s{}]+)((?: \\})*  # \\$\\{${name}\\})$`, 'gm');
    text = text.replace(place, (_, before, _old, after) => {
      found += 1;
      return before + shown + after;
    });
    if (found === 0) throw new Error(`${name}: no such place in envoy.yaml`);
  }
  return text;
}

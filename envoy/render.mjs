#!/usr/bin/env node
/**
 * Fills envoy.yaml in: the file is valid by itself, and each value that a start changes is named in a comment on its
 * line. A name that is not in the file, or a value that could break out of its place, is an error.
 *
 *   node envoy/render.mjs FAIL_OPEN=true UPSTREAM_HOST=10.0.0.7 UPSTREAM_PORT=3000 > my-envoy.yaml
 *   node envoy/render.mjs --tls UPSTREAM_HOST=app.example UPSTREAM_PORT=443 > my-envoy.yaml
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

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
    if (!/^[\w.:/@%+~ -]+$/.test(String(value)))
      throw new Error(`${name}: expected a plain word, got ${JSON.stringify(value)}`);
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

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const values = process.argv.slice(2).filter((argument) => argument !== '--tls');
  try {
    const pairs = values.map((argument) => {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(argument) ?? [];
      if (name === undefined) throw new Error(`expected NAME=value or --tls, got ${JSON.stringify(argument)}`);
      return [name, /^(?:\d+|true|false)$/.test(value) ? JSON.parse(value) : value];
    });
    process.stdout.write(renderEnvoy(Object.fromEntries(pairs), { tls: process.argv.includes('--tls') }));
  } catch (error) {
    console.error(`render: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  }
}

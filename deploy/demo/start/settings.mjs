/** What the environment asks for, checked before anything is installed or started. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { StartError } from './start-error.mjs';

/**
 * @typedef {object} Settings
 * @property {URL | undefined} upstream  the application to protect; undefined: the sample shop
 * @property {number} port               Envoy's
 * @property {number} adminPort          the sidecar's: metrics, health
 * @property {number} envoyAdminPort
 * @property {'monitor' | 'enforce'} mode
 * @property {string | undefined} model  a bundle's directory; undefined: the newest in models/
 * @property {string | undefined} envoy  an Envoy of the user's own
 * @property {string | undefined} python
 */

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Settings}
 * @throws {StartError} naming variable, expectation and value
 */
export function readSettings(env) {
  const port = (/** @type {string} */ name, /** @type {number} */ fallback) => {
    const value = env[name] || String(fallback);
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < 1 || number > 65535)
      throw new StartError(`${name}: expected a port from 1 to 65535, got "${value}"`);
    return number;
  };
  const mode = env.MODE || 'enforce';
  if (mode !== 'monitor' && mode !== 'enforce')
    throw new StartError(`MODE: expected monitor or enforce, got "${mode}"`);
  const settings = {
    upstream: readUpstream(env.UPSTREAM),
    port: port('PORT', 8080),
    adminPort: port('ADMIN_PORT', 8181),
    envoyAdminPort: port('ENVOY_ADMIN_PORT', 9901),
    mode: /** @type {'monitor' | 'enforce'} */ (mode),
    model: env.MODEL || undefined,
    envoy: env.ENVOY || undefined,
    python: env.PYTHON || undefined,
  };
  const names = new Map();
  for (const [name, value] of [
    ['PORT', settings.port],
    ['ADMIN_PORT', settings.adminPort],
    ['ENVOY_ADMIN_PORT', settings.envoyAdminPort],
  ]) {
    if (names.has(value))
      throw new StartError(`${name}: expected another port than ${names.get(value)}, got ${value} for both`);
    names.set(value, name);
  }
  return settings;
}

/** @param {string | undefined} text */
function readUpstream(text) {
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password;
  if (!plain || !['http:', 'https:'].includes(url.protocol)) {
    throw new StartError(`UPSTREAM: expected http://host:port or https://host:port without a path, got "${text}"`);
  }
  return url;
}

/**
 * The bundle to serve: the one asked for, or the newest in models/ by the `createdAt` of its manifest.
 * @param {string} root
 * @param {string | undefined} wanted
 * @returns {string} absolute path
 */
export function chooseModel(root, wanted) {
  if (wanted) {
    const directory = resolve(root, wanted);
    if (!existsSync(join(directory, 'manifest.json')))
      throw new StartError(`MODEL: expected a directory with a manifest.json, got "${wanted}"`);
    return directory;
  }
  const models = join(root, 'models');
  const bundles = (existsSync(models) ? readdirSync(models) : [])
    .map((name) => ({ directory: join(models, name), createdAt: createdAt(join(models, name, 'manifest.json')) }))
    .filter((bundle) => bundle.createdAt !== undefined)
    .sort((a, b) => String(b.createdAt).localeCompare(String(a.createdAt)));
  if (bundles.length === 0)
    throw new StartError(
      `no model in ${relative(process.cwd(), models) || '.'}: train one (trainer/README.md) or set MODEL to a bundle's directory`,
    );
  return bundles[0].directory;
}

/** @param {string} manifest @returns {string | undefined} undefined where there is no readable manifest */
function createdAt(manifest) {
  try {
    return String(JSON.parse(readFileSync(manifest, 'utf8')).createdAt);
  } catch {
    return undefined;
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from './errors.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Of the program, as package.json states it. */
export function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

/** The one bundle in `models/` beside the program. @throws ConfigError when there is none, or a choice to make. */
export function shippedModel(): string {
  const models = join(ROOT, 'models');
  const bundles = readdirSync(models, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (bundles.length === 1) return join(models, bundles[0]!.name);
  const actual = bundles.map(({ name }) => name).join(', ') || 'nothing';
  throw new ConfigError({ key: 'model', expected: 'a directory, or exactly one bundle in models/', actual });
}

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FuzzMessage } from './message.js';

/** A message that broke a rule, or comes close to; `npm test` passes it through the corridor for good. */
export interface FuzzVector {
  /** What was broken, or what it comes close to. */
  readonly fault: string;
  readonly message: FuzzMessage;
}

/** Where failures are kept. */
export const VECTORS = fileURLToPath(new URL('../vectors/fuzz/', import.meta.url));

/** The vector as JSON: ASCII where bytes are, `body` in base64. @returns the file. */
export function saveVector({ fault, message }: FuzzVector, name: string, directory = VECTORS): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.json`);
  const body = Buffer.from(message.body, 'latin1').toString('base64');
  const json = JSON.stringify({ fault, message: { ...message, body } }, null, 2);
  writeFileSync(file, `${json.replace(/[\x7f-\xff]/g, (byte) => `\\u00${byte.charCodeAt(0).toString(16)}`)}\n`);
  return file;
}

/** All vectors, by file name. */
export function readVectors(directory = VECTORS): ReadonlyMap<string, FuzzVector> {
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'));
  return new Map(
    files.sort().map((file) => {
      const { fault, message } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as FuzzVector;
      const body = Buffer.from(message.body, 'base64').toString('latin1');
      return [file, { fault, message: { ...message, body } }];
    }),
  );
}

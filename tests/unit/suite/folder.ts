import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Loaded, SuiteCase } from '../../suite/suite-case.js';

/** A folder with these files, by relative path. */
export function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'normgate-suite-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

export async function all(cases: Iterable<Loaded> | AsyncIterable<Loaded>): Promise<Loaded[]> {
  const list: Loaded[] = [];
  for await (const one of cases) list.push(one);
  return list;
}

/** A case with its bytes as text, or why it was left out. */
export function shown(one: Loaded): Omit<SuiteCase, 'bytes'> & { wire: string } {
  if ('skipped' in one) throw new Error(`left out: ${one.id}: ${one.skipped}`);
  const { bytes, ...rest } = one;
  return { ...rest, wire: bytes.toString('latin1') };
}

export const bodyOf = (wire: string): string => wire.slice(wire.indexOf('\r\n\r\n') + 4);

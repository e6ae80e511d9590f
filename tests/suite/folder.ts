import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { SuiteError } from './suite-case.js';

/** One file of a suite. */
export interface SuiteFile {
  readonly path: string;
  /** Relative to the folder, with `/`. */
  readonly name: string;
  /** Folders between the suite's own and the file, outermost first. */
  readonly folders: readonly string[];
}

/** All files below a folder in the order of their names, those whose names start with a dot left out. */
export function suiteFiles(folder: string, wanted: RegExp = /./): SuiteFile[] {
  let entries: string[];
  try {
    if (!statSync(folder).isDirectory()) return [file(folder, join(folder, '..'))];
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw new SuiteError(`expected a folder, got "${folder}" (${(error as NodeJS.ErrnoException).code})`);
  }
  return entries
    .map((entry) => file(join(folder, entry), folder))
    .filter(({ path, name }) => wanted.test(name) && !/(?:^|\/)\./.test(name) && statSync(path).isFile())
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function file(path: string, base: string): SuiteFile {
  const name = relative(base, path).split(sep).join('/');
  return { path, name, folders: name.split('/').slice(0, -1) };
}

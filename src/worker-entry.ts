import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The program of a worker thread, which lies beside its caller. A thread needs compiled JavaScript, also when the caller
 * itself runs as TypeScript (in tests).
 *
 * @param caller `import.meta.url`.
 * @throws Error when it was not compiled.
 */
export function workerEntry(caller: string, file: string): string {
  const compiled = caller.endsWith('.ts') ? caller.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : caller;
  const path = fileURLToPath(new URL(file, compiled));
  if (!existsSync(path)) throw new Error(`${path}: expected the compiled worker; run "npm run build" first`);
  return path;
}

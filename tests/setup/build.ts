import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Exit status of tsc when there are type errors, but JavaScript was written. */
const EMITTED_WITH_ERRORS = 2;

/** Compiles `src/` to `dist/` before the tests: worker threads and the commands run as JavaScript. */
export default function build(): void {
  const cwd = fileURLToPath(new URL('../../', import.meta.url));
  const args = ['node_modules/typescript/bin/tsc', '-p', '.'];
  const { status, error } = spawnSync(process.execPath, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  // Types are what `npm run typecheck` fails on; here only the JavaScript counts, as it does for vitest itself.
  if (status !== 0 && status !== EMITTED_WITH_ERRORS) throw error ?? new Error(`tsc exited with status ${status}`);
}

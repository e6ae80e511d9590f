import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Compiles `src/` to `dist/` before the tests: worker threads and the commands run as JavaScript. */
export default function build(): void {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], { cwd: root, stdio: 'inherit' });
}

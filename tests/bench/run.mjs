/** `npm run bench [-- NAME...]`: every bench in this folder, or those named, one after another on a quiet machine. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const benches = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.mjs'))
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.startsWith(name)));
if (benches.length === 0) {
  process.stderr.write(`no bench starts with ${wanted.join(' or ')}\n`);
  process.exit(2);
}
for (const bench of benches) {
  process.stdout.write(`\n== ${bench}\n`);
  const { status } = spawnSync(process.execPath, [join(folder, bench)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

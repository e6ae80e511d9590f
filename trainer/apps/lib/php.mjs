/** PHP's built-in server. */
import { freePort, statusOf, waitFor } from '../../../deploy/demo/start/net.mjs';
import { start } from './processes.mjs';

/** What every application wants: compiled scripts kept, and no messages in its pages. */
const SETTINGS = ['opcache.enable_cli=1', 'display_errors=0'];

/**
 * @param {{root: string, router: string, settings: string[], readyPath: string, readyMs: number, env: NodeJS.ProcessEnv, log: string}} options
 *   `settings` as in php.ini; ready when `readyPath` answers 200
 * @returns {Promise<{port: number, stop: () => Promise<void>}>}
 */
export async function startPhp({ root, router, settings, readyPath, readyMs, env, log }) {
  const port = /** @type {number} */ (await freePort());
  const options = [...SETTINGS, ...settings].flatMap((setting) => ['-d', setting]);
  const { stop } = start(['php', ...options, '-S', `127.0.0.1:${port}`, '-t', root, router], { env, log });
  if (!(await waitFor(async () => (await statusOf(`http://127.0.0.1:${port}${readyPath}`)) === 200, readyMs)))
    throw new Error(`PHP did not start: see ${log}`);
  return { port, stop };
}

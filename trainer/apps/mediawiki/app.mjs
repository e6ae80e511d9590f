/** MediaWiki as Debian packages it, on SQLite and PHP's built-in server. */
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPhp } from '../lib/php.mjs';
import { run } from '../lib/processes.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = '/usr/share/mediawiki';

export const host = 'wiki.example';
/** The second password of a new account. Tokens have names that are known to be secret. */
export const redactNames = ['retype', 'wpRetype'];
/** The name under which one logs in, which every page shows. */
export const publicCookies = /UserName$|^VEE$|^stopMobile/;

/** @param {{dir: string, authority: string, random: import('../../../deploy/demo/traffic/random.mjs').Random, secret: () => string}} options */
export async function start({ dir, authority, secret }) {
  rmSync(dir, { recursive: true, force: true });
  for (const name of ['data', 'images', 'cache', 'conf']) mkdirSync(join(dir, name), { recursive: true });
  const log = join(dir, 'app.log');
  const config = join(dir, 'conf', 'LocalSettings.php');
  const admin = { login: 'Manager', password: secret(), role: 'sysop' };
  const env = {
    ...process.env,
    APP_HOST: authority,
    APP_IMAGES: join(dir, 'images'),
    APP_CACHE: join(dir, 'cache'),
    PHP_CLI_SERVER_WORKERS: '4',
  };
  const installing = { ...env, MW_CONFIG_FILE: config };
  await run(
    [
      'php',
      `${ROOT}/maintenance/install.php`,
      '--dbtype',
      'sqlite',
      '--dbpath',
      join(dir, 'data'),
      '--dbname',
      'wiki',
      '--scriptpath',
      '',
      '--server',
      `http://${authority}`,
      '--lang',
      'en',
      '--confpath',
      join(dir, 'conf'),
      '--pass',
      admin.password,
      "O'Brien & Sons Wiki",
      admin.login,
    ],
    { env: installing, log },
  );
  appendFileSync(config, readFileSync(join(HERE, 'settings.php')));
  const people = ['Anna', 'Bela', 'Chris', 'Dora', 'Emil', 'Fay'].map((login, i) => ({
    login: `${login} ${["O'Neill", 'Kim', 'Świątek', 'Jones-Smith', 'Øst', 'Null'][i]}`,
    password: secret(),
    role: i < 2 ? 'sysop' : 'user',
  }));
  for (const one of people) {
    await run(
      [
        'php',
        `${ROOT}/maintenance/createAndPromote.php`,
        '--conf',
        config,
        ...(one.role === 'sysop' ? ['--sysop', '--custom-groups=interface-admin'] : []),
        one.login,
        one.password,
      ],
      { env: installing, log },
    );
  }
  const server = await startPhp({
    root: ROOT,
    router: join(HERE, 'router.php'),
    settings: ['apc.enable_cli=1', 'memory_limit=256M', 'upload_max_filesize=8M'],
    readyPath: '/api.php',
    readyMs: 60_000,
    env: installing,
    log,
  });
  return { ...server, site: { people: [admin, ...people] } };
}

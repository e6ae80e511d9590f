/** WordPress as Debian packages it, on a MariaDB of its own and PHP's built-in server. */
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../../deploy/demo/start/net.mjs';
import { startPhp } from '../lib/php.mjs';
import { run, start as startProcess } from '../lib/processes.mjs';
import { makeMail, makeName, makeProse, makeTitle } from '../lib/words.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const SHARE = '/usr/share/wordpress';

export const host = 'blog.example';
/** WordPress calls its CSRF tokens nonces. */
export const redactNames =
  `_wpnonce x-wp-nonce _nonce nonce _ajax_nonce _ajax_nonce-add-category _ajax_nonce-add-tag _ajax_nonce-replyto-comment
  _ajax_fetch_list_nonce _ajax_linking_nonce _inline_edit _inline_edit_comment _wpnonce_add-tag _wpnonce_create-user _wp_unfiltered_html_comment
  meta-box-order-nonce closedpostboxesnonce samplepermalinknonce getpermalinknonce customize_preview_nonce customize-nonce color-nonce rp_key`.split(
    /\s+/,
  );
/** What a commenter typed into the form, kept for the next comment: no more secret than the comment. */
export const publicCookies = /^comment_author/;

/**
 * @param {{dir: string, authority: string, random: import('../../../deploy/demo/traffic/random.mjs').Random, secret: () => string}} options
 *   `dir` is emptied; `authority` is the host and port that clients see; `secret` makes passwords
 */
export async function start({ dir, authority, random, secret }) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const log = join(dir, 'app.log');
  const root = join(dir, 'www');
  cpSync(SHARE, root, {
    recursive: true,
    dereference: true,
    filter: (path) => existsSync(path) && !path.endsWith('.htaccess') && !path.includes('/wp-content/'),
  });
  rmSync(join(root, 'wp-content'), { recursive: true, force: true });
  mkdirSync(join(root, 'wp-content', 'uploads'), { recursive: true });
  mkdirSync(join(root, 'wp-content', 'plugins'));
  mkdirSync(join(root, 'wp-content', 'themes'));
  cpSync(`${SHARE}/wp-content/themes/twentytwentyone`, join(root, 'wp-content', 'themes', 'twentytwentyone'), {
    recursive: true,
    dereference: true,
  });
  writeFileSync(join(root, 'wp-content', 'plugins', 'notes.php'), PLUGIN);
  mkdirSync(join(root, 'wp-content', 'mu-plugins'));
  // Hundreds of people write within minutes.
  writeFileSync(
    join(root, 'wp-content', 'mu-plugins', 'flood.php'),
    "<?php\nadd_filter( 'comment_flood_filter', '__return_false', 99 );\nadd_filter( 'pre_wp_mail', '__return_true' );\n",
  );
  copyFileSync(join(HERE, 'wp-config.php'), join(root, 'wp-config.php'));

  const data = join(dir, 'db');
  // A socket's path has 107 bytes at most.
  const socket = `/tmp/normgate-wp-${process.pid}.sock`;
  await run(
    [
      'mariadb-install-db',
      '--no-defaults',
      '--skip-test-db',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--user=root',
    ],
    { log },
  );
  const database = startProcess(
    [
      'mariadbd',
      '--no-defaults',
      '--user=root',
      `--datadir=${data}`,
      `--socket=${socket}`,
      '--skip-networking',
      `--pid-file=${join(dir, 'db.pid')}`,
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=64M',
      '--skip-log-bin',
    ],
    { log },
  );
  if (!(await waitFor(async () => existsSync(socket), 30_000))) throw new Error(`MariaDB did not start: see ${log}`);
  await run(
    [
      'mariadb',
      '--no-defaults',
      '-u',
      'root',
      `--socket=${socket}`,
      '-e',
      'CREATE DATABASE wordpress CHARACTER SET utf8mb4',
    ],
    { log },
  );

  const person = (/** @type {string} */ role, /** @type {number} */ n) => ({
    ...makeName(random),
    login: `${role}${n}`,
    mail: `${role}${n}.${makeMail(random)}`,
    password: secret(),
    role,
  });
  const people = [
    person('editor', 1),
    person('editor', 2),
    person('administrator', 1),
    ...[1, 2, 3, 4].map((n) => person('author', n)),
    ...[1, 2].map((n) => person('subscriber', n)),
  ];
  const admin = {
    login: 'manager',
    mail: 'manager@example.org',
    password: secret(),
    role: 'administrator',
    first: 'Ada',
    last: 'Manager',
  };
  const topics = ['Garden', 'Boats & Sea', 'How-to', 'C++', 'Café', 'Minutes (public)'];
  const posts = Array.from({ length: 14 }, () => ({ title: makeTitle(random), text: makeProse(random, 2, 6) }));
  const site = join(dir, 'site.json');
  writeFileSync(site, JSON.stringify({ title: "O'Brien & Sons – <the> blog", admin, people, topics, posts }));
  const env = {
    ...process.env,
    APP_HOST: authority,
    APP_DB_SOCKET: socket,
    APP_SALT: secret(),
    PHP_CLI_SERVER_WORKERS: '4',
  };
  await run(['php', '-d', 'memory_limit=256M', join(HERE, 'setup.php'), root, site], { env, log });
  rmSync(site);

  const server = await startPhp({
    root,
    router: join(HERE, 'router.php'),
    settings: ['upload_max_filesize=8M', 'post_max_size=16M'],
    readyPath: '/readme.html',
    readyMs: 30_000,
    env,
    log,
  });
  return {
    port: server.port,
    site: { people: [admin, ...people], topics },
    stop: async () => {
      await server.stop();
      await database.stop();
      rmSync(socket, { force: true });
    },
  };
}

/** Something of our own for the plugin editor to edit. */
const PLUGIN = `<?php
/*
Plugin Name: Notes
Description: Puts a note under each post.
Version: 1.0
*/
add_filter( 'the_content', function ( $content ) {
	return $content . '<p class="note">' . esc_html( get_option( 'note_text', '' ) ) . '</p>';
} );
`;

/** The manager, as the admin UI asks: records, collections with rules and views in SQL, settings, logs. */
import { makeSentence, makeSlug } from '../lib/words.mjs';
import { login, makeFilter, makeListQuery } from './api.mjs';

/** @typedef {import('../lib/person.mjs').Person} Person */

/** @param {Person} person @param {any} world */
export async function administer(person, world) {
  const { random } = person;
  person.page = `${person.origin}/_/`;
  const { ask } = await login(person, world.admin);
  await ask('GET', '/api/collections?page=1&perPage=200&skipTotal=1&filter=&sort=%2Bname');
  for (let i = random.int(1, 3); i > 0; i--) {
    const collection = random.pick(['notes', 'comments', 'users', '_superusers', '_externalAuths']);
    await ask(
      'GET',
      `/api/collections/${collection}/records?page=1&perPage=40&skipTotal=1&filter=${encodeURIComponent(random.chance(0.5) && collection === 'notes' ? makeFilter(random) : '')}&sort=-%40rowid&expand=&fields=*%2Cbody%3Aexcerpt(200)`,
    );
  }
  if (random.chance(0.5))
    await ask('PATCH', '/api/settings', {
      json: {
        meta: {
          appName: `Notes & ${makeSlug(random)}`,
          appURL: 'http://base.example',
          senderName: makeSentence(random).slice(0, 60),
          senderAddress: 'support@example.org',
          hideControls: false,
        },
        logs: { maxDays: random.int(3, 14), minLevel: 0, logIP: random.chance(0.5) },
      },
    });
}

/** @param {Person} person @param {any} world */
export async function changeSchema(person, world) {
  const { random } = person;
  person.page = `${person.origin}/_/`;
  const { ask } = await login(person, world.admin);
  const name = `view_${makeSlug(random).replace('-', '_')}_${random.hex(3)}`;
  const viewQuery = random.pick([
    `SELECT id, title, kind, count(*) OVER (PARTITION BY kind) AS same FROM notes WHERE done = 0`,
    `SELECT n.id, n.title, count(c.id) AS comments FROM notes n LEFT JOIN comments c ON c.note = n.id GROUP BY n.id`,
    `SELECT (ROW_NUMBER() OVER ()) AS id, kind, sum(amount) AS total FROM notes WHERE amount > ${random.int(1, 90)} GROUP BY kind HAVING total > ${random.int(1, 900)}`,
    `SELECT id, title FROM notes WHERE title LIKE '%O''Brien%' UNION SELECT id, substr(text, 1, ${random.int(10, 80)}) AS title FROM comments`,
  ]);
  const made = await ask('POST', '/api/collections', {
    json: { name, type: 'view', viewQuery, listRule: null, viewRule: '@request.auth.id != ""' },
  });
  if (made.status === 200)
    await ask(
      'GET',
      `/api/collections/${name}/records?${makeListQuery(random, { filter: '', sort: '', expand: '', fields: '' })}`,
    );
  const rule = random.pick([
    '@request.auth.id != ""',
    '@request.auth.id != "" && (author = @request.auth.id || author = "")',
    "@request.auth.verified = true && @request.body.kind:isset = true || @request.query.x = '1'",
    '',
  ]);
  await ask('PATCH', '/api/collections/comments', {
    json: {
      updateRule: rule.includes('author') || rule.includes('kind') ? '@request.auth.id != ""' : rule,
      indexes: [`CREATE INDEX \`idx_${random.hex(6)}\` ON \`comments\` (\n  \`note\`,\n  \`created\`\n)`],
    },
  });
  await ask('GET', '/api/collections/comments');
  if (made.status === 200 && random.chance(0.5)) await ask('DELETE', `/api/collections/${name}`);
}

/** @param {Person} person @param {any} world */
export async function readLogs(person, world) {
  const { random } = person;
  person.page = `${person.origin}/_/`;
  const { ask } = await login(person, world.admin);
  const filter = random.pick([
    'data.auth!="_superusers"',
    `data.url ~ "/api/collections" && data.auth!="_superusers"`,
    `level > 0 && (message ~ "GET" || data.status >= 400)`,
    `created >= "2026-11-0${random.int(1, 9)} 00:00:00" && data.userIP = "127.0.0.1"`,
  ]);
  await ask('GET', `/api/logs?page=1&perPage=50&skipTotal=1&sort=-%40rowid&filter=${encodeURIComponent(filter)}`);
  await ask('GET', `/api/logs/stats?filter=${encodeURIComponent(filter)}`);
  await ask('GET', '/api/crons');
  await ask('GET', '/api/backups');
}

/** Requests as PocketBase's JavaScript client sends them, and its filter language. */
import { makeName, makeQuery, makeSlug } from '../lib/words.mjs';

/** @typedef {import('../lib/person.mjs').Person} Person */

/** Logs in and gives the function that asks. @param {Person} person @param {any} user */
export async function login(person, user) {
  const collection = user.role === 'superuser' ? '_superusers' : 'users';
  const answer = await person.call('POST', `/api/collections/${collection}/auth-with-password`, {
    json: { identity: user.login, password: user.password },
    headers: LANGUAGE,
  });
  if (answer.status !== 200) throw new Error(`login of ${user.login} gave ${answer.status}`);
  const { token, record } = JSON.parse(answer.text);
  person.keepSecret(token);
  const ask = (
    /** @type {string} */ method,
    /** @type {string} */ path,
    /** @type {{json?: unknown, parts?: any[]}} */ content = {},
  ) => person.call(method, path, { ...content, headers: [...LANGUAGE, ['Authorization', token]] });
  if (person.random.chance(0.3)) {
    const again = await ask('POST', `/api/collections/${collection}/auth-refresh`);
    if (again.status === 200) person.keepSecret(JSON.parse(again.text).token);
  }
  return { ask, id: record.id };
}

/** @type {[string, string][]} */
export const LANGUAGE = [['Accept-Language', 'en-US']];

/** @param {string} text as `pb.filter()` quotes it */
const quoted = (text) => `'${text.replaceAll("'", "\\'")}'`;

/** @param {import('../../../deploy/demo/traffic/random.mjs').Random} random */
export function makeFilter(random) {
  const query = quoted(makeQuery(random));
  return random.pick([
    `title ~ ${query}`,
    `title ~ ${query} || body ~ ${query}`,
    `(title ~ ${query} && done = false)`,
    `kind = "${random.pick(['note', 'task', 'bug', 'recipe'])}" && created > "2026-0${random.int(1, 9)}-01 00:00:00"`,
    `amount > ${random.int(1, 500)} && amount <= ${random.int(500, 2000)}`,
    `author.name ~ ${quoted(makeName(random).last)}`,
    `due >= @now && due < "2027-01-0${random.int(1, 9)}"`,
    `tags ~ "${makeSlug(random)}" && id != ''`,
    `(kind='bug' || kind='task') && (done=true || amount!=0) // open ones`,
    `created >= @todayStart && @request.auth.id = author.id`,
    `title ~ "O'Brien & Sons" && created > "2020-01-01"`,
    `comments_via_note.text ?~ ${query}`,
    `link != "" && link !~ "%example.com%"`,
  ]);
}

/** @param {import('../../../deploy/demo/traffic/random.mjs').Random} random @param {Record<string, string | number>} [extra] */
export function makeListQuery(random, extra = {}) {
  /** @type {Record<string, string | number>} */
  const query = { page: random.chance(0.8) ? 1 : random.int(2, 5), perPage: random.pick([10, 20, 30, 40, 50, 200]) };
  if (random.chance(0.4)) query.skipTotal = 1;
  if (random.chance(0.7)) query.filter = makeFilter(random);
  if (random.chance(0.7))
    query.sort = random.pick(['-created', '+title', '-@rowid', '-updated,title', '@random', 'kind,-amount']);
  if (random.chance(0.4)) query.expand = random.pick(['author', 'author,comments_via_note', 'comments_via_note']);
  if (random.chance(0.3))
    query.fields = random.pick([
      'id,title,kind',
      '*,body:excerpt(200)',
      `*,body:excerpt(${random.int(20, 300)},true)`,
      '*,expand.author.name',
    ]);
  return Object.entries({ ...query, ...extra })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/** Members: lists with filters, notes with rich text and files, comments, batches, profiles. */
import { makeCode, makeSql } from '../lib/code.mjs';
import { makeImage, makeTextFile } from '../lib/files.mjs';
import {
  makeMail,
  makeMarkdown,
  makeName,
  makeParagraphs,
  makeProse,
  makeSlug,
  makeTitle,
  makeTopic,
} from '../lib/words.mjs';
import { LANGUAGE, login, makeFilter, makeListQuery } from './api.mjs';

/** @typedef {import('../lib/person.mjs').Person} Person */
/** @typedef {import('../../../deploy/demo/traffic/random.mjs').Random} Random */

/** @param {any} world @param {string} id */
const remember = (world, id) => world.shared.set('notes', [...(world.shared.get('notes') ?? []), id].slice(-100));
/** @param {any} world @returns {string | undefined} */
const knownNote = (world) => world.random.pick(world.shared.get('notes') ?? [undefined]);

/** @param {Random} random */
function makeBody(random) {
  if (random.chance(0.25)) return makeMarkdown(random);
  return makeParagraphs(random)
    .map(({ kind, text }) => {
      const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      return kind === 'code'
        ? `<pre class="language-${random.pick(['sql', 'markup', 'bash'])}"><code>${safe}</code></pre>`
        : `<p>${random.chance(0.2) ? `<strong>${safe}</strong>` : safe}</p>`;
    })
    .join('\n');
}

/** @param {Random} random @param {string} author */
function makeNote(random, author) {
  return {
    title: makeTitle(random),
    body: makeBody(random),
    kind: random.pick(['note', 'task', 'bug', 'recipe']),
    ...(random.chance(0.6) && {
      tags: random.pick([
        [makeSlug(random), makeTopic(random)],
        { [makeTopic(random)]: random.int(1, 99), query: makeSql(random) },
        [],
        null,
      ]),
    }),
    ...(random.chance(0.6) && { amount: random.chance(0.5) ? random.int(-50, 5000) : random.int(1, 99999) / 100 }),
    ...(random.chance(0.4) && {
      due: `2026-${String(random.int(1, 12)).padStart(2, '0')}-${String(random.int(1, 28)).padStart(2, '0')} ${random.int(10, 23)}:00:00.000Z`,
    }),
    ...(random.chance(0.3) && {
      link: `https://www.example.org/${makeSlug(random)}?x=${random.int(1, 99)}&y[]=a%20b#top`,
    }),
    done: random.chance(0.3),
    author,
  };
}

/** @param {Person} person @param {any} world */
export async function browse(person, world) {
  const { random } = person;
  person.page = `${person.origin}/`;
  const ask = random.chance(0.5)
    ? (await login(person, random.pick(world.people))).ask
    : (/** @type {string} */ method, /** @type {string} */ path) => person.call(method, path, { headers: LANGUAGE });
  for (let i = random.int(2, 5); i > 0; i--) {
    const note = knownNote(world);
    await random.weighted([
      [6, () => ask('GET', `/api/collections/notes/records?${makeListQuery(random)}`)],
      [
        3,
        () =>
          note &&
          ask('GET', `/api/collections/notes/records/${note}?expand=${encodeURIComponent('author,comments_via_note')}`),
      ],
      [
        2,
        () =>
          note &&
          ask(
            'GET',
            `/api/collections/comments/records?page=1&perPage=50&filter=${encodeURIComponent(`note = "${note}"`)}&sort=-created&expand=note`,
          ),
      ],
      [
        1,
        () =>
          ask(
            'GET',
            `/api/collections/notes/records?page=1&perPage=1&skipTotal=1&filter=${encodeURIComponent(makeFilter(random))}`,
          ),
      ],
      [1, () => ask('GET', '/api/health')],
    ])();
  }
}

/** @param {Person} person @param {any} world */
export async function write(person, world) {
  const { random } = person;
  person.page = `${person.origin}/`;
  const { ask, id } = await login(person, random.pick(world.people));
  for (let i = random.int(1, 3); i > 0; i--) {
    const note = makeNote(random, id);
    const made = random.chance(0.3)
      ? await ask('POST', '/api/collections/notes/records', {
          parts: [
            ...Object.entries(note).map(([name, value]) => ({
              name,
              value: typeof value === 'object' ? JSON.stringify(value) : String(value),
            })),
            { name: 'files', ...(random.chance(0.6) ? makeImage(random) : makeTextFile(random)) },
          ],
        })
      : await ask('POST', `/api/collections/notes/records${random.chance(0.3) ? '?expand=author' : ''}`, {
          json: note,
        });
    if (made.status !== 200) throw new Error(`a note gave ${made.status}: ${made.text.slice(0, 200)}`);
    const record = JSON.parse(made.text);
    remember(world, record.id);
    if (random.chance(0.5))
      await ask('PATCH', `/api/collections/notes/records/${record.id}`, {
        json: random.pick([
          { title: makeTitle(random) },
          { body: makeBody(random), done: true },
          { 'amount+': random.int(1, 9) },
          { tags: [makeCode(random).code] },
        ]),
      });
    if (record.files?.[0]) {
      await person.call(
        'GET',
        `/api/files/notes/${record.id}/${encodeURIComponent(record.files[0])}${random.chance(0.4) ? '?thumb=100x100' : ''}`,
      );
      if (random.chance(0.4))
        await ask('PATCH', `/api/collections/notes/records/${record.id}`, {
          parts: [
            { name: 'files+', ...makeTextFile(random) },
            { name: 'title', value: makeTitle(random) },
          ],
        });
    }
  }
}

/** @param {Person} person @param {any} world */
export async function comment(person, world) {
  const { random } = person;
  person.page = `${person.origin}/notes`;
  const { ask } = await login(person, random.pick(world.people));
  for (let i = random.int(1, 3); i > 0; i--) {
    const note = knownNote(world);
    if (!note) return;
    await ask('POST', '/api/collections/comments/records', {
      json: {
        note,
        text: random.weighted([
          [4, makeProse(random)],
          [1, makeMarkdown(random)],
          [1, makeCode(random).code],
        ]),
        mood: random.pick(['👍', '👎', '❤️', '']),
      },
    });
    await ask(
      'GET',
      `/api/collections/comments/records?page=1&perPage=50&filter=${encodeURIComponent(`note='${note}'`)}&sort=-created`,
    );
  }
}

/** Realtime: subscribes and says farewell. @param {Person} person @param {any} world */
export async function discuss(person, world) {
  const { random } = person;
  person.page = `${person.origin}/board`;
  const { ask, id } = await login(person, random.pick(world.people));
  const requests = Array.from({ length: random.int(2, 5) }, () =>
    random.chance(0.7)
      ? { method: 'POST', url: '/api/collections/notes/records', body: makeNote(random, id) }
      : {
          method: 'POST',
          url: `/api/collections/comments/records?fields=id`,
          body: { note: knownNote(world) ?? '', text: makeProse(random) },
        },
  );
  const answer = await ask('POST', '/api/batch', { json: { requests } });
  if (answer.status === 200)
    for (const { body } of JSON.parse(answer.text)) if (body.collectionName === 'notes') remember(world, body.id);
  await ask('GET', `/api/collections/notes/records?${makeListQuery(random, { requestKey: makeSlug(random) })}`);
}

/** @param {Person} person @param {any} world */
export async function tidy(person, world) {
  const { random } = person;
  person.page = `${person.origin}/done`;
  const { ask } = await login(person, random.pick(world.people));
  const list = await ask(
    'GET',
    `/api/collections/notes/records?page=1&perPage=20&skipTotal=1&filter=${encodeURIComponent('done = true && files:length = 0')}&sort=created&fields=id,title`,
  );
  const items = list.status === 200 ? JSON.parse(list.text).items : [];
  for (const { id } of random.sample(items, 2)) {
    if (random.chance(0.5))
      await ask('PATCH', `/api/collections/notes/records/${id}`, { json: { done: false, tags: [makeTopic(random)] } });
    else {
      await ask('DELETE', `/api/collections/notes/records/${id}`);
      world.shared.set(
        'notes',
        (world.shared.get('notes') ?? []).filter((/** @type {string} */ one) => one !== id),
      );
    }
  }
}

/** @param {Person} person @param {any} world */
export async function profile(person, world) {
  const { random } = person;
  person.page = `${person.origin}/me`;
  const user = random.pick(world.people);
  const { ask, id } = await login(person, user);
  const { first, last } = makeName(random);
  await ask(
    'PATCH',
    `/api/collections/users/records/${id}`,
    random.chance(0.4)
      ? {
          parts: [
            { name: 'name', value: `${first} ${last}` },
            { name: 'avatar', ...makeImage(random) },
          ],
        }
      : { json: { name: `${first} "${makeSlug(random)}" ${last}`, emailVisibility: random.chance(0.5) } },
  );
  await ask(
    'GET',
    `/api/collections/users/records?page=1&perPage=30&filter=${encodeURIComponent(`name ~ '${last.replaceAll("'", "\\'")}'`)}&fields=id,name,avatar`,
  );
  if (random.chance(0.3))
    await person.call('POST', '/api/collections/users/request-password-reset', {
      json: { email: makeMail(random) },
      headers: LANGUAGE,
    });
}

/** @param {Person} person @param {any} world */
export async function register(person, world) {
  const { random } = person;
  person.page = `${person.origin}/join`;
  await person.call('GET', '/api/collections/users/auth-methods?fields=mfa,otp,password,oauth2', { headers: LANGUAGE });
  const { first, last } = makeName(random);
  const user = { first, last, login: makeMail(random), password: world.secret(), role: 'user' };
  const made = await person.call('POST', '/api/collections/users/records', {
    headers: LANGUAGE,
    json: {
      email: user.login,
      password: user.password,
      passwordConfirm: user.password,
      name: `${first} ${last}`,
      emailVisibility: true,
    },
  });
  if (made.status === 200) world.people.push(user);
}

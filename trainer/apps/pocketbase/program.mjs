/** A script that mirrors notes from elsewhere. */
import { makeMarkdown, makeSlug, makeTitle } from '../lib/words.mjs';
import { login, makeListQuery } from './api.mjs';

/** @param {import('../lib/person.mjs').Person} person @param {any} world */
export async function syncByProgram(person, world) {
  const { random } = person;
  const { ask, id } = await login(person, random.pick(world.people));
  await ask('GET', `/api/collections/notes/records?${makeListQuery(random, { perPage: 500, skipTotal: 1 })}`);
  for (let i = random.int(1, 4); i > 0; i--) {
    const made = await ask('POST', '/api/collections/notes/records', {
      json: {
        title: makeTitle(random),
        body: makeMarkdown(random),
        kind: 'task',
        tags: {
          source: `mirror/${makeSlug(random)}`,
          path: `../${makeSlug(random)}.md`,
          lines: [random.int(1, 90), random.int(1, 90)],
        },
        author: id,
      },
    });
    if (made.status === 200)
      world.shared.set('notes', [...(world.shared.get('notes') ?? []), JSON.parse(made.text).id].slice(-100));
  }
}

/** Readers: pages, suggestions, searches, histories, special pages. */
import { makeQuery } from '../lib/words.mjs';
import { knownTitle, pathOf } from './pages.mjs';

const SPECIAL = [
  'RecentChanges?hidebots=1&limit=50&days=7&urlversion=2',
  'AllPages',
  'Categories',
  'ListFiles',
  'Version',
  'Statistics',
  'Random',
  'NewPages',
  'SpecialPages',
  'WantedPages',
  'ListUsers',
];

/** @param {string} text */
export const plus = (text) => new URLSearchParams({ q: text }).toString().slice(2);

/** @param {import('../lib/person.mjs').Person} person @param {any} world */
export async function read(person, world) {
  const { random } = person;
  const first = knownTitle(world);
  const page = await person.open(pathOf(first), { typed: true });
  const modules = [...page.text.matchAll(/(?:href|src)="(\/load\.php\?[^"]+)"/g)].map((m) =>
    m[1].replaceAll('&amp;', '&'),
  );
  await person.assets([...random.sample(modules, 2), '/favicon.ico']);
  for (let i = random.int(1, 4); i > 0; i--) {
    const title = knownTitle(world);
    await random.weighted([
      [4, () => person.open(pathOf(title))],
      [4, () => search(person)],
      [2, () => person.open(`/index.php?title=${plus(title.replaceAll(' ', '_'))}&action=history`)],
      [
        1,
        () => person.open(`/index.php?title=${plus(title.replaceAll(' ', '_'))}&diff=prev&oldid=${random.int(2, 30)}`),
      ],
      [1, () => person.open(`/index.php?title=${plus(title.replaceAll(' ', '_'))}&action=info`)],
      [1, () => person.open(`/index.php?title=${plus(title.replaceAll(' ', '_'))}&printable=yes`)],
      [1, () => person.open(`/index.php?title=${plus(title.replaceAll(' ', '_'))}&action=raw&ctype=text/x-wiki`)],
      [1, () => person.open(`/wiki/Special:WhatLinksHere/${pathOf(title).slice(6)}`)],
      [2, () => person.open(`/wiki/Special:${random.pick(SPECIAL)}`)],
      [
        1,
        () =>
          person.open(
            `/index.php?title=Special:Log&type=${random.pick(['', 'upload', 'move', 'newusers'])}&user=${plus(random.pick(world.people).login)}&page=&wpdate=&tagfilter=&wpFormIdentifier=logeventslist`,
          ),
      ],
      [1, () => person.open(`/index.php?title=Special:RecentChanges&feed=atom&limit=${random.int(10, 50)}`)],
    ])();
  }
}

/** What the search box sends while somebody types, and on enter. @param {import('../lib/person.mjs').Person} person */
async function search(person) {
  const { random } = person;
  const query = makeQuery(random);
  for (const length of [random.int(1, 3), random.int(4, 8)]) {
    const part = [...query].slice(0, length).join('');
    if (random.chance(0.5))
      await person.call('GET', `/rest.php/v1/search/title?q=${encodeURIComponent(part)}&limit=10`, {
        accept: 'application/json',
      });
    else
      await person.call(
        'GET',
        `/api.php?action=opensearch&format=json&formatversion=2&search=${encodeURIComponent(part)}&namespace=0&limit=10`,
        { accept: 'application/json, text/javascript, */*; q=0.01', headers: [['X-Requested-With', 'XMLHttpRequest']] },
      );
  }
  await person.open(
    random.pick([
      `/index.php?search=${plus(query)}&title=Special%3ASearch&go=Go`,
      `/index.php?title=Special:Search&search=${plus(query)}&profile=advanced&fulltext=1&ns0=1&ns1=1&ns4=1`,
      `/index.php?search=${plus(query)}&title=Special%3ASearch&profile=default&fulltext=1`,
    ]),
  );
}

/** Bots and widgets that ask the action API and the REST API. */
import { makeQuery, makeSentence } from '../lib/words.mjs';
import { knownTitle, makeWikitext } from './pages.mjs';

/** @param {import('../lib/person.mjs').Person} person @param {any} world */
export async function askByProgram(person, world) {
  const { random } = person;
  for (let i = random.int(2, 5); i > 0; i--) {
    const title = knownTitle(world);
    const ask = (/** @type {Record<string, string | number>} */ query) =>
      person.call(
        'GET',
        `/api.php?${new URLSearchParams(/** @type {any} */ ({ action: 'query', format: 'json', ...query }))}`,
      );
    await random.weighted([
      [
        3,
        () =>
          ask({
            list: 'search',
            srsearch: makeQuery(random),
            srlimit: random.int(5, 50),
            srprop: 'snippet|titlesnippet|size',
            formatversion: 2,
          }),
      ],
      [
        2,
        () =>
          ask({
            prop: 'revisions|info',
            titles: `${title}|${knownTitle(world)}`,
            rvprop: 'ids|timestamp|user|comment|content',
            rvslots: 'main',
          }),
      ],
      [
        2,
        () =>
          ask({
            list: 'recentchanges',
            rcprop: 'title|ids|sizes|flags|user',
            rclimit: random.int(5, 50),
            rcend: `2026-11-${random.int(10, 20)}T00:00:00Z`,
          }),
      ],
      [
        1,
        () =>
          ask({
            list: 'allpages',
            apfrom: title.slice(0, 3),
            aplimit: random.int(5, 100),
            apfilterredir: 'nonredirects',
          }),
      ],
      [1, () => ask({ meta: 'siteinfo', siprop: 'general|namespaces|statistics' })],
      [
        1,
        () =>
          ask({
            action: 'compare',
            fromtitle: title,
            totext: makeSentence(random),
            'totext-main': makeSentence(random),
            toslots: 'main',
          }),
      ],
      [
        2,
        () =>
          person.call('POST', '/api.php', {
            form: {
              action: 'parse',
              format: 'json',
              contentmodel: 'wikitext',
              title,
              text: makeWikitext(random),
              prop: 'text|categories|links',
              disablelimitreport: 1,
            },
          }),
      ],
      [
        1,
        () =>
          person.call('POST', '/api.php', {
            form: {
              action: 'expandtemplates',
              format: 'json',
              text: makeWikitext(random).slice(0, 300),
              prop: 'wikitext',
            },
          }),
      ],
      [
        2,
        () =>
          person.call(
            'GET',
            `/rest.php/v1/page/${encodeURIComponent(title.replaceAll(' ', '_'))}${random.pick(['', '/history', '/bare', '/html', '/links/language'])}`,
          ),
      ],
      [
        1,
        () =>
          person.call(
            'GET',
            `/rest.php/v1/search/page?q=${encodeURIComponent(makeQuery(random))}&limit=${random.int(5, 50)}`,
          ),
      ],
    ])();
  }
}

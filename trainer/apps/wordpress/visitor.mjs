/** Readers and commenters, and the programs that read along. */

import { makeCode } from '../lib/code.mjs';
import { find, formFields, unescapeHtml, withValues } from '../lib/forms.mjs';
import { makeMail, makeName, makeProse, makeQuery } from '../lib/words.mjs';

const ASSETS = [
  '/wp-includes/css/dist/block-library/style.min.css?ver=6.1.9',
  '/wp-content/themes/twentytwentyone/style.css?ver=1.7',
  '/wp-content/themes/twentytwentyone/assets/css/print.css?ver=1.7',
  '/wp-includes/js/wp-emoji-release.min.js?ver=6.1.9',
  '/wp-content/themes/twentytwentyone/assets/js/responsive-embeds.js?ver=1.7',
  '/favicon.ico',
];

/** @param {import('../lib/person.mjs').Person} person */
export async function read(person) {
  const { random } = person;
  const home = await person.open('/', { typed: true });
  await person.assets(random.sample(ASSETS, 4));
  const posts = linksOf(home.text, person.origin);
  for (let i = random.int(1, 3); i > 0; i--) {
    const way = random.int(0, 7);
    if (way < 3 && posts.length > 0) await readPost(person, random.pick(posts));
    else if (way < 5) {
      const found = await person.open(`/?s=${plus(makeQuery(random))}`);
      const hits = linksOf(found.text, person.origin);
      if (hits.length > 0 && random.chance(0.5)) await readPost(person, random.pick(hits));
    } else if (way === 5)
      await person.open(
        random.pick([
          '/page/2/',
          '/?m=202611',
          '/category/garden/',
          '/category/boats-sea/',
          '/author/editor1/',
          '/feed/',
          '/comments/feed/',
          '/category/how-to/feed/',
          '/?orderby=title&order=asc',
          '/wp-sitemap.xml',
        ]),
      );
    else if (way === 6) await person.open(`/?s=${plus(makeQuery(random))}&paged=${random.int(1, 2)}`);
    else if (posts.length > 0) await person.open(`${random.pick(posts)}feed/`);
  }
}

/** @param {import('../lib/person.mjs').Person} person @param {string} path */
async function readPost(person, path) {
  const { random } = person;
  const page = await person.open(path);
  await person.assets([
    '/wp-includes/js/comment-reply.min.js?ver=6.1.9',
    '/wp-content/themes/twentytwentyone/assets/js/primary-navigation.js?ver=1.7',
  ]);
  if (!page.text.includes('wp-comments-post.php') || random.chance(0.4)) return;
  const { first, last } = makeName(random);
  const parent = random.pick(['0', ...[...page.text.matchAll(/id="comment-(\d+)"/g)].map((m) => m[1])]);
  if (parent !== '0' && random.chance(0.5)) await person.open(`${path}?replytocom=${parent}`);
  const text = random.weighted([
    [5, () => makeProse(random)],
    [2, () => `${makeProse(random, 1, 1)}\n\n${makeCode(random).code}`],
    [
      1,
      () =>
        `<blockquote>${makeProse(random, 1, 1)}</blockquote> <b>No!</b> ${makeProse(random, 1, 1)} <a href="https://example.org/?a=1&b=2">here</a>`,
    ],
  ])();
  await person.submit(
    '/wp-comments-post.php',
    withValues(formFields(page.text, /<form[^>]*wp-comments-post/), {
      comment: text,
      author: random.chance(0.8) ? `${first} ${last}` : first,
      email: makeMail(random),
      url: random.chance(0.4) ? `https://www.example.com/~${random.hex(4)}/?ref=blog` : '',
      ...(random.chance(0.5) && { 'wp-comment-cookies-consent': 'yes' }),
      submit: 'Post Comment',
      comment_post_ID: find(page.text, /name='comment_post_ID' value='(\d+)'/),
      comment_parent: parent,
    }),
  );
}

/** A program that follows the blog by its API. @param {import('../lib/person.mjs').Person} person */
export async function subscribeByProgram(person) {
  const { random } = person;
  await person.call('GET', '/wp-json/');
  for (let i = random.int(2, 4); i > 0; i--) {
    await person.call(
      'GET',
      random.weighted([
        [
          3,
          () =>
            `/wp-json/wp/v2/posts?per_page=${random.int(1, 20)}&page=1&_fields=id,date,title,link&orderby=${random.pick(['date', 'title', 'modified'])}&order=${random.pick(['asc', 'desc'])}`,
        ],
        [3, () => `/wp-json/wp/v2/posts?search=${encodeURIComponent(makeQuery(random))}&per_page=${random.int(5, 50)}`],
        [
          1,
          () =>
            `/wp-json/wp/v2/posts?after=2026-0${random.int(1, 9)}-0${random.int(1, 9)}T00%3A00%3A00&categories=${random.int(1, 6)}`,
        ],
        [1, () => `/wp-json/wp/v2/search?search=${plus(makeQuery(random))}&type=post&subtype=any`],
        [1, () => `/wp-json/wp/v2/comments?post=${random.int(1, 14)}&_embed=1`],
        [
          1,
          () =>
            `/wp-json/oembed/1.0/embed?url=${encodeURIComponent(`${person.origin}/?p=${random.int(4, 12)}`)}&format=json`,
        ],
        [
          1,
          () =>
            `/wp-json/wp/v2/${random.pick(['categories', 'tags'])}?search=${encodeURIComponent(makeQuery(random).slice(0, 12))}&hide_empty=true`,
        ],
        [1, () => '/feed/atom/'],
      ])(),
    );
  }
}

/** @param {string} html @param {string} origin */
function linksOf(html, origin) {
  return [
    ...new Set(
      [...html.matchAll(/<h[12][^>]*entry-title[^>]*><a href="([^"]+)"/g)].map(([, url]) =>
        unescapeHtml(url).replace(origin, ''),
      ),
    ),
  ].filter((path) => path.startsWith('/'));
}

/** @param {string} text */
export function plus(text) {
  return encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/[!'()*]/g, (c) => (c === '*' ? c : `%${c.charCodeAt(0).toString(16).toUpperCase()}`));
}

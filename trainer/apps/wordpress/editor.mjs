/** The block editor as its scripts talk to the REST API, and the older upload form. */
import { makeCode } from '../lib/code.mjs';
import { makeImage } from '../lib/files.mjs';
import { find } from '../lib/forms.mjs';
import { makeMarkdown, makeParagraphs, makeProse, makeQuery, makeTitle, makeTopic } from '../lib/words.mjs';

const ACCEPT = 'application/json, */*;q=0.1';

/** @param {string} text */
const html = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '<br>');

/** @param {import('../../../deploy/demo/traffic/random.mjs').Random} random */
function makeBlocks(random) {
  const blocks = makeParagraphs(random).map(({ kind, text }) =>
    kind === 'code'
      ? `<!-- wp:code -->\n<pre class="wp-block-code"><code>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('[', '&#91;')}</code></pre>\n<!-- /wp:code -->`
      : `<!-- wp:paragraph -->\n<p>${html(text)}</p>\n<!-- /wp:paragraph -->`,
  );
  if (random.chance(0.3))
    blocks.push(
      `<!-- wp:heading {"level":${random.int(2, 4)}} -->\n<h3>${html(makeTitle(random))}</h3>\n<!-- /wp:heading -->`,
    );
  if (random.chance(0.3))
    blocks.push(
      `<!-- wp:list -->\n<ul><!-- wp:list-item -->\n<li>${html(makeProse(random, 1, 1))}</li>\n<!-- /wp:list-item --></ul>\n<!-- /wp:list -->`,
    );
  if (random.chance(0.15))
    blocks.push(
      `<!-- wp:html -->\n<div class="box" style="color:#${random.hex(6)}"><b>${html(makeTitle(random))}</b></div>\n<!-- /wp:html -->`,
    );
  if (random.chance(0.15))
    blocks.push(
      `<!-- wp:preformatted -->\n<pre class="wp-block-preformatted">${html(makeCode(random).code)}</pre>\n<!-- /wp:preformatted -->`,
    );
  if (random.chance(0.15))
    blocks.push(
      `<!-- wp:quote -->\n<blockquote class="wp-block-quote"><!-- wp:paragraph -->\n<p>${html(makeProse(random, 1, 2))}</p>\n<!-- /wp:paragraph --><cite>O'Brien</cite></blockquote>\n<!-- /wp:quote -->`,
    );
  if (random.chance(0.1))
    blocks.push(
      `<!-- wp:table -->\n<figure class="wp-block-table"><table><tbody><tr><td>${html(makeTopic(random))}</td><td>${random.int(1, 99)} &lt; ${random.int(100, 200)}</td></tr></tbody></table></figure>\n<!-- /wp:table -->`,
    );
  return blocks.join('\n\n');
}

/** @param {import('../lib/person.mjs').Person} person @param {any} world */
export async function write(person, world) {
  const { random } = person;
  const page = await person.open('/wp-admin/post-new.php');
  const id = Number(find(page.text, /name='post_ID' value='(\d+)'/));
  const api = restOf(person, page.text);
  await greet(person, api, id);
  const title = makeTitle(random);
  const content = makeBlocks(random);
  await api('POST', `/wp-json/wp/v2/posts/${id}/autosaves?_locale=user`, {
    id,
    title,
    content: content.slice(0, content.indexOf('-->\n', 20) + 3),
    excerpt: '',
    parent: 0,
  });
  if (random.chance(0.5)) await heartbeat(person, page.text, id);
  if (random.chance(0.4))
    await api(
      'GET',
      `/wp-json/wp/v2/search?search=${encodeURIComponent(makeQuery(random))}&per_page=20&type=post&_locale=user`,
    );
  /** @type {number[]} */
  const tags = [];
  if (random.chance(0.5)) {
    const name = makeTopic(random);
    await api(
      'GET',
      `/wp-json/wp/v2/tags?per_page=20&orderby=count&order=desc&_fields=id%2Cname%2Ccount&search=${encodeURIComponent(name.slice(0, 3))}&_locale=user`,
    );
    const made = await api('POST', '/wp-json/wp/v2/tags?_locale=user', { name });
    if (made.status === 201) tags.push(JSON.parse(made.text).id);
  }
  let image = 0;
  if (random.chance(0.4)) image = await uploadByApi(person, page.text);
  const status = random.chance(0.75) ? 'publish' : 'draft';
  const saved = await api('POST', `/wp-json/wp/v2/posts/${id}?_locale=user`, {
    id,
    status,
    title,
    content,
    ...(random.chance(0.3) && { excerpt: makeProse(random, 1, 1) }),
    ...(tags.length > 0 && { tags }),
    ...(random.chance(0.5) && { categories: [random.int(1, 7)] }),
    ...(image > 0 && { featured_media: image }),
    ...(random.chance(0.2) && {
      comment_status: random.pick(['open', 'closed']),
      ping_status: 'closed',
      sticky: false,
    }),
  });
  if (saved.status !== 200) throw new Error(`saving a post gave ${saved.status}: ${saved.text.slice(0, 160)}`);
  world.shared.set('posts', [...(world.shared.get('posts') ?? []), id].slice(-80));
  await api('GET', `/wp-json/wp/v2/posts/${id}?context=edit&_locale=user`);
  if (random.chance(0.4)) await person.open(`/?p=${id}${status === 'draft' ? '&preview=true' : ''}`);
}

/** @param {import('../lib/person.mjs').Person} person @param {any} world */
export async function edit(person, world) {
  const { random } = person;
  const known = world.shared.get('posts') ?? [];
  const id = known.length > 0 ? random.pick(known) : random.int(4, 14);
  const page = await person.open(`/wp-admin/post.php?post=${id}&action=edit`);
  const api = restOf(person, page.text);
  await greet(person, api, id);
  const content = makeBlocks(random);
  await api('POST', `/wp-json/wp/v2/posts/${id}?_locale=user`, {
    id,
    content,
    ...(random.chance(0.5) && { title: makeTitle(random) }),
  });
  if (random.chance(0.5)) await heartbeat(person, page.text, id);
  await api('GET', `/wp-json/wp/v2/posts/${id}/revisions?per_page=${random.pick([2, 100])}&context=edit&_locale=user`);
  if (random.chance(0.3))
    await api('POST', `/wp-json/wp/v2/block-renderer/core/latest-posts?context=edit&post_id=${id}&_locale=user`, {
      attributes: { postsToShow: random.int(2, 9), displayPostContent: true, order: 'desc', orderBy: 'date' },
    });
  if (random.chance(0.3)) {
    const made = await api('POST', '/wp-json/wp/v2/blocks?_locale=user', {
      title: makeTitle(random),
      content: makeBlocks(random),
      status: 'publish',
    });
    if (made.status === 201)
      await api('GET', `/wp-json/wp/v2/blocks/${JSON.parse(made.text).id}?context=edit&_locale=user`);
  }
  if (random.chance(0.3)) {
    await api('POST', '/wp-json/batch/v1?_locale=user', {
      validation: 'require-all-validate',
      requests: [1, 2].map(() => ({
        path: `/wp/v2/posts/${id}`,
        method: 'PUT',
        body: { excerpt: makeProse(random, 1, 2), meta: {} },
      })),
    });
  }
  if (random.chance(0.25)) {
    const pageTitle = makeTitle(random);
    await api('POST', '/wp-json/wp/v2/pages?_locale=user', {
      title: pageTitle,
      content: `<!-- wp:freeform -->${html(makeMarkdown(random))}<!-- /wp:freeform -->`,
      status: random.pick(['draft', 'publish']),
      menu_order: random.int(0, 9),
    });
  }
}

/** Media library's own uploader. @param {import('../lib/person.mjs').Person} person */
export async function uploadOldWay(person) {
  const { random } = person;
  await person.open('/wp-admin/upload.php?mode=grid');
  const page = await person.open('/wp-admin/media-new.php');
  const nonce = person.keepSecret(find(page.text, /"_wpnonce":"(\w+)"/));
  for (let i = random.int(1, 2); i > 0; i--) {
    const file = makeImage(random);
    const answer = await person.call('POST', '/wp-admin/async-upload.php', {
      parts: [
        { name: 'name', value: file.filename },
        { name: 'post_id', value: '0' },
        { name: '_wpnonce', value: nonce },
        { name: 'type', value: '' },
        { name: 'tab', value: '' },
        { name: 'short', value: '1' },
        { name: 'async-upload', ...file },
      ],
    });
    if (!/^\d+$/.test(answer.text.trim())) continue;
    await person.call('POST', '/wp-admin/async-upload.php', { form: { attachment_id: answer.text.trim(), fetch: 3 } });
    const single = await person.open(`/wp-admin/post.php?post=${answer.text.trim()}&action=edit`);
    const edited = find(single.text, /id="_wpnonce" name="_wpnonce" value="(\w+)"/);
    await person.submit('/wp-admin/post.php', {
      _wpnonce: person.keepSecret(edited),
      action: 'editpost',
      originalaction: 'editpost',
      post_type: 'attachment',
      post_ID: answer.text.trim(),
      post_title: makeTitle(random),
      excerpt: makeProse(random, 1, 1),
      content: makeProse(random, 1, 2),
      _wp_attachment_image_alt: makeTitle(random),
      original_publish: 'Update',
      save: 'Update',
    });
  }
  await person.call('POST', '/wp-admin/admin-ajax.php', {
    accept: 'application/json, text/javascript, */*; q=0.01',
    headers: [['X-Requested-With', 'XMLHttpRequest']],
    form: {
      action: 'query-attachments',
      post_id: 0,
      'query[orderby]': 'date',
      'query[order]': 'DESC',
      'query[posts_per_page]': 80,
      'query[paged]': 1,
      'query[s]': random.chance(0.6) ? makeQuery(random) : '',
    },
  });
}

/** @param {import('../lib/person.mjs').Person} person @param {string} text the editor's page */
function restOf(person, text) {
  const nonce = person.keepSecret(find(text, /createNonceMiddleware\( "(\w+)" \)/));
  return (/** @type {string} */ method, /** @type {string} */ path, /** @type {unknown} */ json) =>
    person.call(method, path, {
      json,
      accept: ACCEPT,
      headers: [
        ['X-WP-Nonce', nonce],
        ...(method === 'POST' && /\/posts\/\d+\?/.test(path)
          ? /** @type {[string, string][]} */ ([['X-HTTP-Method-Override', 'PUT']])
          : []),
      ],
    });
}

/** What the editor asks for when it opens. @param {import('../lib/person.mjs').Person} person @param {(method: string, path: string) => Promise<any>} api @param {number} id */
async function greet(person, api, id) {
  const all = [
    '/wp-json/wp/v2/users/me?_locale=user',
    '/wp-json/wp/v2/types/post?context=edit&_locale=user',
    '/wp-json/wp/v2/categories?context=view&per_page=100&orderby=name&order=asc&_fields=id%2Cname%2Cparent&_locale=user',
    '/wp-json/wp/v2/users?context=view&who=authors&per_page=50&_fields=id%2Cname&_locale=user',
    '/wp-json/wp/v2/taxonomies?per_page=-1&context=edit&_locale=user',
    '/wp-json/wp/v2/blocks?per_page=100&context=edit&_locale=user',
    '/wp-json/wp/v2/block-patterns/patterns?_locale=user',
    `/wp-json/wp/v2/users?who=authors&per_page=100&_fields=id%2Cname&context=view&include=${id % 9}&_locale=user`,
    '/wp-json/wp/v2/themes?context=edit&status=active&_locale=user',
  ];
  for (const path of person.random.sample(all, person.random.int(1, 4))) await api('GET', path);
}

/** @param {import('../lib/person.mjs').Person} person @param {string} text @param {number} id */
async function heartbeat(person, text, id) {
  const { random } = person;
  const nonce = /heartbeatSettings = \{"nonce":"(\w+)"/.exec(text)?.[1];
  if (!nonce) return;
  await person.call('POST', '/wp-admin/admin-ajax.php', {
    accept: 'application/json, text/javascript, */*; q=0.01',
    headers: [['X-Requested-With', 'XMLHttpRequest']],
    form: {
      'data[wp-refresh-post-lock][post_id]': id,
      'data[wp-refresh-post-lock][lock]': `${Math.floor(Date.now() / 1000)}:1`,
      interval: random.pick([10, 60]),
      _nonce: person.keepSecret(nonce),
      action: 'heartbeat',
      screen_id: 'post',
      has_focus: random.pick(['true', 'false']),
    },
  });
}

/** @param {import('../lib/person.mjs').Person} person @param {string} text @returns {Promise<number>} id, 0 when it was refused */
async function uploadByApi(person, text) {
  const nonce = person.keepSecret(find(text, /createNonceMiddleware\( "(\w+)" \)/));
  const made = await person.call('POST', '/wp-json/wp/v2/media?_locale=user', {
    accept: ACCEPT,
    headers: [['X-WP-Nonce', nonce]],
    parts: [{ name: 'file', ...makeImage(person.random) }],
  });
  if (made.status !== 201) return 0;
  const { id } = JSON.parse(made.text);
  await person.call('POST', `/wp-json/wp/v2/media/${id}?_locale=user`, {
    accept: ACCEPT,
    headers: [['X-WP-Nonce', nonce]],
    json: { alt_text: makeTitle(person.random), caption: makeProse(person.random, 1, 1) },
  });
  return id;
}

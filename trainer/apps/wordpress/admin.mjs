/** The back office: lists, comments, terms, settings, people, a plugin's code, the look. */
import { makeCode } from '../lib/code.mjs';
import { find, formFields, unescapeHtml, withValues } from '../lib/forms.mjs';
import { makeMail, makeName, makeProse, makeQuery, makeSlug, makeTitle, makeTopic } from '../lib/words.mjs';
import { plus } from './visitor.mjs';

/** @typedef {import('../lib/person.mjs').Person} Person */

const AJAX = { accept: '*/*', headers: /** @type {[string, string][]} */ ([['X-Requested-With', 'XMLHttpRequest']]) };

/** @param {Person} person */
export async function searchPosts(person) {
  const { random } = person;
  for (let i = random.int(1, 2); i > 0; i--)
    await person.open(
      `/wp-admin/edit.php?s=${plus(makeQuery(random))}&post_status=${random.pick(['all', 'publish', 'draft'])}&post_type=${random.pick(['post', 'page'])}&action=-1&m=${random.pick(['0', '202611'])}&cat=${random.int(0, 6)}&filter_action=Filter&paged=1&action2=-1`,
    );
  await person.open(
    `/wp-admin/edit.php?orderby=${random.pick(['title', 'date', 'comment_count'])}&order=${random.pick(['asc', 'desc'])}`,
  );
}

/** @param {Person} person */
export async function quickEdit(person) {
  const { random } = person;
  const list = await person.open('/wp-admin/edit.php');
  const ids = [...list.text.matchAll(/id="post-(\d+)"/g)].map((m) => m[1]);
  if (ids.length === 0) return;
  const id = random.pick(ids);
  await person.call('POST', '/wp-admin/admin-ajax.php', {
    ...AJAX,
    form: [
      ['post_title', makeTitle(random)],
      ['post_name', makeSlug(random)],
      ['mm', '11'],
      ['jj', String(random.int(1, 20)).padStart(2, '0')],
      ['aa', '2026'],
      ['hh', String(random.int(10, 20))],
      ['mn', String(random.int(10, 59))],
      ['ss', '17'],
      ['post_author', random.int(1, 9)],
      ['post_password', ''],
      ['post_category[]', '0'],
      ['post_category[]', random.int(1, 6)],
      ['tax_input[post_tag]', `${makeTopic(random)}, ${makeTopic(random)}`],
      ['comment_status', 'open'],
      ['_status', 'publish'],
      ['post_format', '0'],
      ['_inline_edit', person.keepSecret(find(list.text, /id="_inline_edit" name="_inline_edit" value="(\w+)"/))],
      ['post_view', 'list'],
      ['screen', 'edit-post'],
      ['action', 'inline-save'],
      ['post_type', 'post'],
      ['post_ID', id],
      ['edit_date', 'true'],
      ['post_status', 'all'],
    ],
  });
}

/** @param {Person} person */
export async function moderateComments(person) {
  const { random } = person;
  const list = await person.open(
    `/wp-admin/edit-comments.php?${random.chance(0.4) ? `s=${plus(makeQuery(random))}&comment_status=all&pagegen_timestamp=2026-11-22+10%3A${random.int(10, 59)}%3A07&_total=12&_per_page=20&_page=1&paged=1&comment_type=` : 'comment_status=all'}`,
  );
  const ids = [...list.text.matchAll(/id='comment-(\d+)'|id="comment-(\d+)"/g)].map((m) => m[1] ?? m[2]);
  if (ids.length === 0) return;
  const id = random.pick(ids);
  const reply = /id="_ajax_nonce-replyto-comment" name="_ajax_nonce-replyto-comment" value="(\w+)"/.exec(
    list.text,
  )?.[1];
  const post = /comment_post_ID|p=(\d+)#comment/.exec(list.text)?.[1] ?? '4';
  if (reply && random.chance(0.6))
    await person.call('POST', '/wp-admin/admin-ajax.php', {
      ...AJAX,
      form: {
        content: random.chance(0.25) ? makeCode(random).code : makeProse(random),
        action: 'replyto-comment',
        comment_ID: id,
        comment_post_ID: post,
        status: '',
        position: -1,
        checkbox: 1,
        mode: 'dashboard',
        '_ajax_nonce-replyto-comment': person.keepSecret(reply),
        _wp_unfiltered_html_comment: '',
      },
    });
  if (random.chance(0.5)) {
    const page = await person.open(`/wp-admin/comment.php?action=editcomment&c=${id}`);
    const fields = formFields(page.text, /<form[^>]*name="post"/);
    if (fields.length > 0)
      await person.submit(
        '/wp-admin/comment.php',
        withValues(fields, {
          content: makeProse(random),
          newcomment_author: `${makeName(random).first} ${makeName(random).last}`,
          save: 'Update',
        }),
      );
  }
  if (random.chance(0.4)) {
    const nonce = person.keepSecret(find(list.text, /name="_wpnonce" value="(\w+)"/));
    await person.open(
      `/wp-admin/edit-comments.php?s&comment_status=all&pagegen_timestamp=2026-11-22+10%3A11%3A12&_wpnonce=${nonce}&_wp_http_referer=%2Fwp-admin%2Fedit-comments.php&action=${random.pick(['unapprove', 'approve'])}&comment_type&delete_comments%5B0%5D=${id}&action2=-1`,
    );
  }
}

/** @param {Person} person */
export async function manageTerms(person) {
  const { random } = person;
  const taxonomy = random.pick(['category', 'post_tag']);
  const page = await person.open(`/wp-admin/edit-tags.php?taxonomy=${taxonomy}`);
  const name = random.chance(0.7) ? `${makeTopic(random)} ${random.int(1, 99)}` : makeTitle(random);
  await person.call('POST', '/wp-admin/admin-ajax.php', {
    ...AJAX,
    form: {
      action: 'add-tag',
      screen: `edit-${taxonomy}`,
      taxonomy,
      post_type: 'post',
      '_wpnonce_add-tag': person.keepSecret(
        find(page.text, /id="_wpnonce_add-tag" name="_wpnonce_add-tag" value="(\w+)"/),
      ),
      _wp_http_referer: `/wp-admin/edit-tags.php?taxonomy=${taxonomy}`,
      'tag-name': name,
      slug: random.chance(0.3) ? makeSlug(random) : '',
      parent: -1,
      description: random.chance(0.6) ? makeProse(random, 1, 2) : '',
    },
  });
  const ids = [...page.text.matchAll(/id="tag-(\d+)"/g)].map((m) => m[1]);
  if (ids.length === 0) return;
  const one = await person.open(`/wp-admin/term.php?taxonomy=${taxonomy}&tag_ID=${random.pick(ids)}&post_type=post`);
  const fields = formFields(one.text, /<form[^>]*id="edittag"/);
  if (fields.length > 0)
    await person.submit('/wp-admin/edit-tags.php', withValues(fields, { description: makeProse(random, 1, 2) }));
}

/** @param {Person} person */
export async function settings(person) {
  const { random } = person;
  const name = random.pick(['general', 'reading', 'discussion', 'media', 'writing']);
  const page = await person.open(`/wp-admin/options-${name}.php`);
  const fields = formFields(page.text, /<form[^>]*action="options\.php"/);
  if (fields.length === 0) throw new Error(`no form on options-${name}.php`);
  /** @type {Record<string, Record<string, string | number>>} */
  const changes = {
    general: {
      blogdescription: makeProse(random, 1, 1),
      timezone_string: random.pick(['Europe/Dublin', 'Asia/Tokyo', 'America/New_York']),
      date_format: random.pick(['F j, Y', 'Y-m-d', '\\c\\u\\s\\t\\o\\m']),
      time_format: 'H:i',
    },
    reading: { posts_per_page: random.int(5, 15), posts_per_rss: random.int(5, 20) },
    discussion: {
      moderation_keys: `casino\nviagra\n${makeSlug(random)}`,
      comments_per_page: random.int(20, 80),
      close_comments_days_old: random.int(10, 90),
    },
    media: { thumbnail_size_w: random.int(100, 200), thumbnail_size_h: random.int(100, 200) },
    writing: { ping_sites: 'https://rpc.example.org/', default_category: 1 },
  };
  await person.submit('/wp-admin/options.php', [...withValues(fields, changes[name]), ['submit', 'Save Changes']]);
}

/** @param {Person} person @param {any} world */
export async function manageUsers(person, world) {
  const { random } = person;
  await person.open(
    `/wp-admin/users.php?s=${plus(makeName(random).last)}&action=-1&new_role&paged=1&action2=-1&new_role2`,
  );
  const page = await person.open('/wp-admin/user-new.php');
  const { first, last } = makeName(random);
  const password = world.secret();
  await person.submit('/wp-admin/user-new.php', [
    ...withValues(formFields(page.text, /<form[^>]*id="createuser"/), {
      user_login: makeSlug(random),
      email: makeMail(random),
      first_name: first,
      last_name: last,
      url: random.chance(0.5) ? 'https://example.org/~me/' : '',
      pass1: password,
      pass2: password,
      role: 'subscriber',
    }),
    ['createuser', 'Add New User'],
  ]);
  const own = await person.open('/wp-admin/profile.php');
  await person.submit('/wp-admin/profile.php', [
    ...withValues(formFields(own.text, /<form[^>]*id="your-profile"/), {
      first_name: first,
      last_name: last,
      nickname: `${first} "${last}"`,
      description: makeProse(random, 1, 3),
      pass1: '',
      pass2: '',
    }),
    ['submit', 'Update Profile'],
  ]);
}

/** @param {Person} person */
export async function editPlugin(person) {
  const { random } = person;
  const page = await person.open('/wp-admin/plugin-editor.php?file=notes.php&plugin=notes.php');
  const nonce = person.keepSecret(find(page.text, /id="nonce" name="nonce" value="(\w+)"/));
  const now = unescapeHtml(find(page.text, /<textarea[^>]*id="newcontent"[^>]*>([\s\S]*?)<\/textarea>/));
  const extra = random.pick([
    `// ${makeProse(random, 1, 1).replace(/[?\n]/g, ' ')}\n`,
    `/* ${makeCode(random).code.replaceAll('*/', '* /').replaceAll('?>', '? >')} */\n`,
  ]);
  await person.call('POST', '/wp-admin/admin-ajax.php', {
    ...AJAX,
    form: {
      nonce,
      _wp_http_referer: '/wp-admin/plugin-editor.php?file=notes.php&plugin=notes.php',
      newcontent: now.length > 6000 ? now.slice(0, 420) : `${now}${extra}`,
      action: 'edit-theme-plugin-file',
      file: 'notes.php',
      plugin: 'notes.php',
      'docs-list': '',
    },
  });
}

/** Additional CSS in the customizer. @param {Person} person */
export async function customizeAppearance(person) {
  const { random } = person;
  const page = await person.open('/wp-admin/customize.php?return=%2Fwp-admin%2Fthemes.php');
  const nonce = person.keepSecret(find(page.text, /"nonce":\{"save":"(\w+)"/));
  const uuid = find(page.text, /"uuid":"([\w-]+)"/);
  const css = Array.from(
    { length: random.int(1, 4) },
    () => `.${makeSlug(random)} > a[href^="http"]::after { content: "\\2197"; color: #${random.hex(6)} !important; }`,
  ).join('\n');
  await person.call('POST', '/wp-admin/admin-ajax.php', {
    ...AJAX,
    form: {
      wp_customize: 'on',
      customize_theme: 'twentytwentyone',
      nonce,
      customize_changeset_uuid: uuid,
      customize_autosaved: 'on',
      customize_changeset_status: 'publish',
      customized: JSON.stringify({
        'custom_css[twentytwentyone]': css,
        blogdescription: makeProse(random, 1, 1),
        background_color: `#${random.hex(6)}`,
      }),
      action: 'customize_save',
      customize_preview_nonce: '',
    },
  });
}

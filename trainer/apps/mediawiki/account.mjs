/** Accounts of the wiki: logging in, tokens, preferences, new accounts. */
import { formFields, unescapeHtml, withValues } from '../lib/forms.mjs';
import { makeSentence, makeTitle } from '../lib/words.mjs';
import { knownTitle, legalTitle } from './pages.mjs';
import { plus } from './reader.mjs';

/** @typedef {import('../lib/person.mjs').Person} Person */

export const AJAX = {
  accept: 'application/json, text/javascript, */*; q=0.01',
  headers: /** @type {[string, string][]} */ ([['X-Requested-With', 'XMLHttpRequest']]),
};

/** @param {(person: Person, world: any, user: any) => Promise<void>} then */
export function withLogin(then) {
  return async (/** @type {Person} */ person, /** @type {any} */ world) => {
    const user = world.random.pick(world.people);
    const page = await person.open(`/index.php?title=Special:UserLogin&returnto=${plus(knownTitle(world))}`, {
      typed: true,
    });
    const fields = formFields(page.text, /<form[^>]*name="userlogin"/);
    keepTokens(person, fields);
    const answer = await person.submit('/index.php?title=Special:UserLogin&returnto=Main+Page', [
      ...withValues(fields, {
        wpName: user.login,
        wpPassword: user.password,
        ...(world.random.chance(0.3) && { wpRemember: 1 }),
      }),
      ['wploginattempt', 'Log in'],
    ]);
    if (!answer.text.includes('pt-logout'))
      throw new Error(`login of ${user.login} failed with ${answer.status} at ${answer.url}`);
    await then(person, world, user);
  };
}

/** @param {Person} person @param {[string, string][]} fields */
export function keepTokens(person, fields) {
  for (const [name, value] of fields) if (/token/i.test(name)) person.keepSecret(value);
}

/** @param {Person} person @param {string} [type] */
export async function token(person, type = 'csrf') {
  const answer = await person.call(
    'GET',
    `/api.php?action=query&format=json&formatversion=2&meta=tokens&type=${type}`,
    AJAX,
  );
  return person.keepSecret(JSON.parse(answer.text).query.tokens[`${type}token`]);
}

/** @param {Person} person @param {any} _world @param {any} user */
export async function preferences(person, _world, user) {
  const { random } = person;
  const page = await person.open('/wiki/Special:Preferences');
  const fields = formFields(page.text, /<form[^>]*id="mw-prefs-form"/);
  keepTokens(person, fields);
  await person.submit(
    '/wiki/Special:Preferences',
    withValues(fields, {
      wpnickname: random.pick([
        `[[User:${user.login}|${user.login.split(' ')[0]}]]`,
        `<b>${user.login}</b>`,
        user.login,
      ]),
      wprealname: `${user.login} & Co`,
      wprclimit: random.int(20, 200),
      wprcdays: random.int(1, 30),
    }),
  );
  await person.call('POST', '/api.php', {
    ...AJAX,
    form: {
      action: 'options',
      format: 'json',
      formatversion: 2,
      optionname: random.pick(['visualeditor-hidebetawelcome', 'userjs-notes', 'rcfilters-limit']),
      optionvalue: random.pick([
        String(random.int(1, 99)),
        JSON.stringify({ text: makeTitle(random), n: random.int(1, 9) }),
      ]),
      token: await token(person),
    },
  });
  if (random.chance(0.4)) {
    const own = `User:${user.login}/${random.pick(['common.js', 'common.css'])}`;
    const css = own.endsWith('css');
    await person.call('POST', '/api.php', {
      ...AJAX,
      form: {
        action: 'edit',
        format: 'json',
        title: own,
        text: css
          ? `#content > .note-${random.int(1, 99)} { background: url("/images/x.png"); color: #${random.hex(6)}; }`
          : `$( function () {\n\t$( '#p-${random.int(1, 99)}' ).on( 'click', () => { mw.notify( "${makeTitle(random).replaceAll('"', "'")}" ); } );\n} );`,
        summary: makeSentence(random),
        token: await token(person),
      },
    });
  }
}

/** @param {Person} person @param {any} world */
export async function createAccount(person, world) {
  const { random } = person;
  const page = await person.open('/index.php?title=Special:CreateAccount&returnto=Main+Page', { typed: true });
  const fields = formFields(page.text, /<form[^>]*name="userlogin2"|<form[^>]*id="userlogin2"/);
  keepTokens(person, fields);
  const password = world.secret();
  await person.submit('/index.php?title=Special:CreateAccount&returnto=Main+Page', [
    ...withValues(fields, {
      wpName: legalTitle(
        `${unescapeHtml(makeTitle(random))
          .replace(/[^\p{L} ']/gu, '')
          .slice(0, 18)} ${random.int(1, 9999)}`,
      ),
      wpPassword: password,
      retype: password,
      email: '',
      realname: makeTitle(random).slice(0, 30),
    }),
    ['wpCreateaccount', 'Create your account'],
  ]);
}

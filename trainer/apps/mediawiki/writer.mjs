/** Writers: the text editor with its previews, the visual editor, talk pages, uploads, moves. */
import { deflateRawSync } from 'node:zlib';
import { makeImage, makeTextFile } from '../lib/files.mjs';
import { formFields, withValues } from '../lib/forms.mjs';
import { makeParagraphs, makeProse, makeSentence, makeTitle } from '../lib/words.mjs';
import { AJAX, keepTokens, token } from './account.mjs';
import { knownTitle, legalTitle, makeWikitext, pathOf, remember } from './pages.mjs';
import { plus } from './reader.mjs';

/** @typedef {import('../lib/person.mjs').Person} Person */

/** @param {Person} person @param {any} world */
export async function editPage(person, world) {
  const { random } = person;
  const isNew = random.chance(0.5);
  const title = isNew ? legalTitle(makeTitle(random)) : knownTitle(world);
  const name = plus(title.replaceAll(' ', '_'));
  // A red link to a page that somebody has written meanwhile shows the page.
  const page = await person.open(
    `/index.php?title=${name}&action=edit${isNew && random.chance(0.5) ? '&redlink=1' : ''}`,
  );
  if (page.url.startsWith('/wiki/')) return;
  const fields = formFields(page.text, /<form[^>]*id="editform"/);
  if (fields.length === 0)
    throw new Error(`no form to edit ${title}: ${page.status}, ${/<title>([^<]*)/.exec(page.text)?.[1]}`);
  keepTokens(person, fields);
  const text = makeWikitext(random);
  const summary = random.chance(0.6) ? makeSentence(random) : '';
  const csrf = fields.find(([key]) => key === 'wpEditToken')?.[1] ?? '';
  if (random.chance(0.7))
    await person.call('POST', '/api.php', {
      ...AJAX,
      form: {
        action: 'stashedit',
        format: 'json',
        formatversion: 2,
        title,
        section: '',
        text,
        summary: '',
        contentmodel: 'wikitext',
        contentformat: 'text/x-wiki',
        baserevid: fields.find(([key]) => key === 'editRevId')?.[1] ?? 0,
        token: csrf,
      },
    });
  if (random.chance(0.4))
    await person.call('POST', '/api.php', {
      ...AJAX,
      form: {
        action: 'parse',
        format: 'json',
        formatversion: 2,
        title,
        text,
        summary,
        prop: 'text|indicators|displaytitle|modules|jsconfigvars|categorieshtml|templates|langlinks|limitreporthtml|parsewarningshtml',
        pst: 1,
        preview: 1,
        disableeditsection: 1,
        contentmodel: 'wikitext',
        contentformat: 'text/x-wiki',
      },
    });
  const pressed = random.weighted([
    [7, ['wpSave', 'Save page']],
    [1, ['wpPreview', 'Show preview']],
    [1, ['wpDiff', 'Show changes']],
  ]);
  const parts = [
    ...withValues(fields, { wpTextbox1: text, wpSummary: summary, ...(random.chance(0.3) && { wpMinoredit: 1 }) }),
    pressed,
  ].map(([key, value]) => ({ name: String(key), value: String(value).replace(/\r?\n/g, '\r\n') }));
  const answer = await person.submitMultipart(`/index.php?title=${name}&action=submit`, parts);
  if (pressed[0] === 'wpSave' && answer.status === 200 && answer.url.startsWith('/wiki/')) remember(world, title);
}

/** The visual editor: Parsoid HTML there and back. @param {Person} person @param {any} world */
export async function editVisually(person, world) {
  const { random } = person;
  const title = knownTitle(world);
  await person.open(`${pathOf(title)}?veaction=edit`);
  const loaded = await person.call(
    'GET',
    `/api.php?action=visualeditor&format=json&paction=parse&page=${encodeURIComponent(title)}&uselang=en&editintro=&preload=&formatversion=2`,
    AJAX,
  );
  const found = JSON.parse(loaded.text).visualeditor;
  if (!found?.content) return;
  const paragraphs = makeParagraphs(random).map(({ kind, text }) => {
    const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return kind === 'code' ? `<pre>${safe}</pre>` : `<p>${safe}</p>`;
  });
  const html = found.content.replace('</body>', `${paragraphs.join('')}</body>`).slice(0, 30_000);
  const common = {
    paction: 'save',
    page: title,
    token: await token(person),
    basetimestamp: found.basetimestamp ?? '',
    starttimestamp: found.starttimestamp ?? '',
    etag: found.etag ?? '',
    assert: 'user',
    assertuser: '',
    oldid: found.oldid ?? 0,
    minor: '',
    watchlist: 'preferences',
    summary: makeSentence(random),
    editingStatsId: random.hex(20),
    html: `rawdeflate,${deflateRawSync(Buffer.from(html)).toString('base64')}`,
  };
  const parts = Object.entries({
    action: 'visualeditoredit',
    format: 'json',
    errorformat: 'html',
    errorlang: 'en',
    errorsuselocal: 1,
    formatversion: 2,
    ...common,
  })
    .filter(([key]) => !['assert', 'assertuser'].includes(key))
    .map(([name, value]) => ({ name, value: String(value) }));
  await person.call('POST', '/api.php', { ...AJAX, parts });
  if (random.chance(0.4))
    await person.call('POST', '/api.php', {
      ...AJAX,
      form: {
        action: 'visualeditor',
        format: 'json',
        paction: 'parsefragment',
        page: title,
        wikitext: makeWikitext(random).slice(0, 400),
        pst: 'true',
        formatversion: 2,
      },
    });
  if (random.chance(0.4))
    await person.call(
      'GET',
      `/api.php?action=query&format=json&generator=prefixsearch&gpssearch=${encodeURIComponent(makeTitle(random).slice(0, 6))}&gpsnamespace=0&gpslimit=15&prop=info%7Cpageprops&redirects=true&ppprop=disambiguation&formatversion=2`,
      AJAX,
    );
}

/** A new section on a talk page. @param {Person} person @param {any} world */
export async function comment(person, world) {
  const { random } = person;
  const title = `Talk:${knownTitle(world)}`;
  const name = plus(title.replaceAll(' ', '_'));
  const page = await person.open(`/index.php?title=${name}&action=edit&section=new`);
  const fields = formFields(page.text, /<form[^>]*id="editform"/);
  keepTokens(person, fields);
  const parts = [
    ...withValues(fields, { wpTextbox1: `${makeProse(random)} ~~~~`, wpSummary: makeTitle(random) }),
    ['wpSave', 'Save page'],
  ].map(([key, value]) => ({ name: String(key), value: String(value) }));
  await person.submitMultipart(`/index.php?title=${name}&action=submit`, parts);
  if (random.chance(0.5))
    await person.call('POST', '/api.php', {
      ...AJAX,
      form: {
        action: 'edit',
        format: 'json',
        title: `User talk:${random.pick(world.people).login}`,
        section: 'new',
        sectiontitle: makeTitle(random),
        text: `${makeProse(random)} --~~~~`,
        summary: makeSentence(random),
        token: await token(person),
      },
    });
}

/** @param {Person} person */
export async function upload(person) {
  const { random } = person;
  const page = await person.open('/wiki/Special:Upload');
  const fields = formFields(page.text, /<form[^>]*id="mw-upload-form"/);
  keepTokens(person, fields);
  const file = random.chance(0.7) ? makeImage(random) : makeTextFile(random);
  const name = legalTitle(file.filename);
  await person.submitMultipart('/wiki/Special:Upload', [
    { name: 'wpUploadFile', ...file },
    ...withValues(
      fields.filter(([key]) => key !== 'wpUploadFile'),
      { wpDestFile: name, wpUploadDescription: makeWikitext(random).slice(0, 500), wpIgnoreWarning: 1 },
    ).map(([key, value]) => ({ name: key, value: String(value) })),
    { name: 'wpUpload', value: 'Upload file' },
  ]);
  await person.open(pathOf(`File:${name}`));
}

/** @param {Person} person @param {any} world */
export async function moveAndWatch(person, world) {
  const { random } = person;
  const title = knownTitle(world);
  await person.open(pathOf(title));
  await person.call('POST', '/api.php', {
    ...AJAX,
    form: {
      action: 'watch',
      format: 'json',
      formatversion: 2,
      errorformat: 'html',
      errorlang: 'en',
      titles: title,
      uselang: 'en',
      expiry: 'infinity',
      token: await token(person, 'watch'),
    },
  });
  await person.open('/wiki/Special:Watchlist?days=30&limit=50');
  if (title === 'Main Page' || random.chance(0.5)) return;
  const page = await person.open(`/wiki/Special:MovePage/${pathOf(title).slice(6)}`);
  const fields = formFields(page.text, /<form[^>]*id="movepage"/);
  if (fields.length === 0) return;
  keepTokens(person, fields);
  const next = legalTitle(makeTitle(random));
  const answer = await person.submit('/index.php?title=Special:MovePage&action=submit', [
    ...withValues(fields, { wpNewTitleMain: next, wpReasonMain: makeSentence(random), wpReason: makeSentence(random) }),
    ['wpMove', 'Move page'],
  ]);
  if (answer.status === 200 && answer.text.includes('has been moved')) remember(world, next);
}

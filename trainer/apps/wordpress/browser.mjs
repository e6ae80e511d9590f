/** The same in a real browser: the shapes that the API client's requests are modeled on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCode } from '../lib/code.mjs';
import { makeImage } from '../lib/files.mjs';
import { makeMail, makeName, makeProse, makeQuery, makeTitle } from '../lib/words.mjs';
import { anyone } from './account.mjs';

/** @typedef {{page: import('playwright-core').Page, origin: string, world: any, random: import('../../../deploy/demo/traffic/random.mjs').Random}} Stage */

/** @param {Stage} stage @param {string[]} roles */
async function login({ page, origin, world }, roles) {
  const user = anyone(world, roles);
  await page.goto(`${origin}/wp-login.php`);
  await page.waitForTimeout(300);
  await page.fill('#user_login', user.login);
  await page.fill('#user_pass', user.password);
  await page.click('#wp-submit');
  await page.waitForSelector('#wpadminbar');
}

/** @param {Stage} stage */
export async function publishInBrowser(stage) {
  const { page, origin, random } = stage;
  await login(stage, ['editor', 'author']);
  await page.goto(`${origin}/wp-admin/post-new.php`);
  await page.waitForSelector('.editor-post-title__input', { timeout: 60_000 });
  const close = page.locator('.components-modal__frame button[aria-label]').first();
  await close.click({ timeout: 4000 }).catch(() => {});
  await page.locator('.editor-post-title__input').click();
  await page.keyboard.insertText(makeTitle(random));
  await page.keyboard.press('Enter');
  for (let i = random.int(1, 3); i > 0; i--) {
    await page.keyboard.insertText(makeProse(random));
    await page.keyboard.press('Enter');
  }
  await page.keyboard.type('/code');
  await page.waitForTimeout(700);
  await page.keyboard.press('Enter');
  await page.keyboard.insertText(makeCode(random).code);
  await page.waitForTimeout(500);
  await page
    .locator('.editor-post-save-draft')
    .click({ timeout: 8000 })
    .catch(() => {});
  await page.waitForTimeout(1500);
  await page.locator('.editor-post-publish-panel__toggle').click();
  await page.waitForTimeout(800);
  await page.locator('.editor-post-publish-button').click();
  await page.waitForTimeout(2500);
  await page.goto(`${origin}/wp-admin/edit.php`);
  await page.fill('#post-search-input', makeQuery(random));
  await page.click('#search-submit');
  await page.waitForTimeout(500);
}

/** @param {Stage} stage */
export async function runTheSiteInBrowser(stage) {
  const { page, origin, random } = stage;
  await login(stage, ['administrator']);
  await page.goto(`${origin}/wp-admin/`);
  await page.waitForTimeout(800);
  await page.fill('#title', makeTitle(random)).catch(() => {});
  await page.fill('#content', makeProse(random, 1, 1)).catch(() => {});
  await page.click('#save-post', { timeout: 4000 }).catch(() => {});
  await page.waitForTimeout(1200);
  await page.goto(`${origin}/wp-admin/options-general.php`);
  await page.fill('#blogdescription', makeProse(random, 1, 1));
  await page.click('#submit');
  await page.waitForTimeout(500);
  const folder = mkdtempSync(join(tmpdir(), 'normgate-upload-'));
  const image = makeImage(random);
  writeFileSync(join(folder, image.filename), image.value);
  await page.goto(`${origin}/wp-admin/media-new.php`);
  await page.setInputFiles('input[type=file]', join(folder, image.filename));
  await page.waitForTimeout(2500);
  await page.goto(`${origin}/wp-admin/upload.php?mode=grid`);
  await page.waitForTimeout(1500);
  await page.fill('#media-search-input', makeQuery(random)).catch(() => {});
  await page.waitForTimeout(1500);
  await page.goto(`${origin}/wp-admin/edit-comments.php`);
  await page.fill('#comment-search-input', makeQuery(random));
  await page.click('#search-submit');
  await page.goto(`${origin}/wp-admin/profile.php`);
  await page.fill('#description', makeProse(random, 1, 3));
  await page.click('#submit');
  await page.goto(`${origin}/wp-admin/plugin-editor.php?file=notes.php&plugin=notes.php`);
  await page.waitForTimeout(1200);
  await page.click('.wp-pointer-buttons .close, .notice-warning button', { timeout: 2000 }).catch(() => {});
  await page
    .locator('.CodeMirror')
    .click({ timeout: 3000 })
    .catch(() => {});
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(`\n// ${makeTitle(random)}\n`);
  await page.click('#submit', { timeout: 4000 }).catch(() => {});
  await page.waitForTimeout(2500);
  rmSync(folder, { recursive: true, force: true });
}

/** @param {Stage} stage */
export async function readInBrowser({ page, origin, random }) {
  await page.goto(`${origin}/`);
  for (let i = 0; i < 4; i++) {
    await page.goto(`${origin}/`);
    const posts = page.locator('.entry-title a');
    const count = await posts.count();
    if (count === 0) return;
    await posts.nth(random.int(0, count - 1)).click();
    await page.waitForTimeout(400);
    if ((await page.locator('#comment').count()) > 0) {
      const { first, last } = makeName(random);
      await page.fill('#comment', random.chance(0.3) ? makeCode(random).code : makeProse(random));
      await page.fill('#author', `${first} ${last}`);
      await page.fill('#email', makeMail(random));
      await page.click('#submit');
      await page.waitForTimeout(600);
    }
    await page.goto(`${origin}/?s=${encodeURIComponent(makeQuery(random))}`);
  }
}

/** The same in a real browser. */
import { makeProse, makeQuery, makeSentence, makeTitle } from '../lib/words.mjs';
import { knownTitle, legalTitle, makeWikitext, pathOf, remember } from './pages.mjs';

/** @typedef {{page: import('playwright-core').Page, origin: string, world: any, random: import('../../../deploy/demo/traffic/random.mjs').Random}} Stage */

/** @param {Stage} stage */
async function login({ page, origin, world, random }) {
  const user = random.pick(world.people);
  await page.goto(`${origin}/index.php?title=Special:UserLogin`);
  await page.fill('#wpName1', user.login);
  await page.fill('#wpPassword1', user.password);
  await page.click('#wpLoginAttempt');
  await page.waitForSelector('#pt-logout', { state: 'attached' });
}

/** Editors welcome everybody once. @param {import('playwright-core').Page} page */
async function greet(page) {
  await page
    .getByText('Start editing', { exact: true })
    .click({ timeout: 4000 })
    .catch(() => {});
  await page.waitForTimeout(500);
}

/** @param {Stage} stage */
export async function writeInBrowser(stage) {
  const { page, origin, world, random } = stage;
  await login(stage);
  for (let i = 0; i < 2; i++) {
    const title = legalTitle(makeTitle(random));
    await page.goto(`${origin}/index.php?title=${encodeURIComponent(title)}&action=edit`);
    await greet(page);
    await page.fill('#wpTextbox1', makeWikitext(random));
    await page.fill('#wpSummary', makeSentence(random));
    await page.waitForTimeout(1500);
    if (random.chance(0.5)) {
      await page.click('#wpPreview');
      await page.waitForTimeout(1000);
    }
    await page.click('#wpSave');
    await page.waitForTimeout(1000);
    remember(world, title);
  }
  await page.goto(`${origin}/wiki/Special:Preferences`);
  await page.waitForTimeout(1000);
  await page.goto(`${origin}/wiki/Special:RecentChanges`);
  await page.waitForTimeout(1500);
}

/** @param {Stage} stage */
export async function writeVisuallyInBrowser(stage) {
  const { page, origin, world, random } = stage;
  await login(stage);
  const title = knownTitle(world);
  await page.goto(`${origin}${pathOf(title)}?veaction=edit`);
  await page.waitForSelector('.ve-ce-documentNode, .ve-ui-surface', { timeout: 60_000 });
  await greet(page);
  await page
    .locator('.ve-ce-documentNode')
    .first()
    .click({ position: { x: 30, y: 10 } });
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(makeProse(random));
  await page.waitForTimeout(700);
  await page.locator('.ve-ui-toolbar-saveButton').first().click();
  await page.waitForTimeout(1500);
  await page.locator('.ve-ui-mwSaveDialog-summary textarea').fill(makeSentence(random));
  await page.locator('.ve-ui-mwSaveDialog .oo-ui-processDialog-actions-primary a').first().click();
  await page.waitForTimeout(3000);
}

/** @param {Stage} stage */
export async function readInBrowser({ page, origin, world, random }) {
  for (let i = 0; i < 4; i++) {
    await page.goto(`${origin}${pathOf(knownTitle(world))}`);
    const box = page.locator('#searchInput, .cdx-text-input__input').first();
    await box.click();
    await page.keyboard.type(makeQuery(random).slice(0, 14), { delay: 90 });
    await page.waitForTimeout(900);
    await page.keyboard.press('Enter');
    await page.waitForTimeout(700);
  }
}

/** The admin UI in a real browser. */
import { makeProse, makeTitle } from '../lib/words.mjs';
import { makeFilter } from './api.mjs';

/** @param {{page: import('playwright-core').Page, origin: string, world: any, random: import('../../../deploy/demo/traffic/random.mjs').Random}} stage */
export async function administerInBrowser({ page, origin, world, random }) {
  page.on('response', async (response) => {
    // The token is in the page's storage only; it must be known to be looked for.
    if (!/auth-(?:with-password|refresh)/.test(response.url())) return;
    const body = await response.json().catch(() => ({}));
    if (body.token) world.secrets.add(body.token);
  });
  await page.goto(`${origin}/_/`);
  await page.fill('input[type=email], input[name=identity]', world.admin.login);
  await page.fill('input[type=password]', world.admin.password);
  await page.click('button[type=submit]');
  await page.waitForTimeout(2000);
  await page.getByText('notes', { exact: true }).first().click();
  await page.waitForTimeout(1500);
  for (let i = random.int(2, 4); i > 0; i--) {
    await page.getByRole('button', { name: 'New record' }).first().click();
    await page.waitForTimeout(1500);
    await page
      .locator('.overlay-panel input[type=text]:not([readonly])')
      .nth(1)
      .fill(makeTitle(random))
      .catch(() => {});
    await page
      .locator('.overlay-panel label:has-text("title") ~ *')
      .first()
      .fill(makeTitle(random))
      .catch(() => {});
    const frame = page.frameLocator('.overlay-panel iframe').first();
    await frame
      .locator('body')
      .fill(makeProse(random), { timeout: 3000 })
      .catch(() => {});
    await page.locator('.overlay-panel button:has-text("Create")').first().click({ timeout: 5000 });
    await page.waitForTimeout(1500);
    await page.keyboard.press('Escape');
  }
  for (let i = random.int(1, 3); i > 0; i--) {
    const box = page.locator('.searchbar .cm-content, .searchbar input').first();
    await box.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(makeFilter(random));
    await page.keyboard.press('Enter');
    await page.waitForTimeout(1200);
  }
  await page.goto(`${origin}/_/#/logs`);
  await page.waitForTimeout(1500);
  await page.goto(`${origin}/_/#/settings`);
  await page.waitForTimeout(1500);
}

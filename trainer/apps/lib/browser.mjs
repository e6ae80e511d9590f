/** Headless Chromium as one user at one address, kept off every host but the application's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { isSecret } from './person.mjs';
import { startRelay } from './relay.mjs';

const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.3485.54',
];
const LOCALES = ['en-US', 'en-GB', 'de-DE', 'fr-FR', 'ja-JP', 'pt-BR'];

/**
 * @template T
 * @param {{port: number, host: string, address: string, random: import('../../../deploy/demo/traffic/random.mjs').Random, secrets: Set<string>, stats: import('./person.mjs').Stats, publicCookies?: RegExp}} options
 * @param {(page: import('playwright-core').Page) => Promise<T>} journey
 * @returns {Promise<T | undefined>} what the journey gave; undefined when it broke off, which the log tells
 */
export async function withBrowser({ port, host, address, random, secrets, stats, publicCookies }, journey) {
  const relay = await startRelay(port, address);
  const profile = mkdtempSync(join(tmpdir(), 'normgate-browser-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true,
    userAgent: random.pick(AGENTS),
    locale: random.pick(LOCALES),
    viewport: { width: random.pick([1280, 1440, 1920]), height: random.pick([720, 900, 1080]) },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      // Fetch metadata and client hints are sent to origins that count as secure, as every real site is.
      `--unsafely-treat-insecure-origin-as-secure=http://${host}`,
      `--host-resolver-rules=MAP ${host} 127.0.0.1:${relay.port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    ],
  });
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    page.setDefaultTimeout(Number(process.env.BROWSER_TIMEOUT_MS || 25_000));
    page.on('dialog', (dialog) => dialog.accept().catch(() => {}));
    page.on('response', (response) => {
      if (response.url().startsWith(`http://${host}/`))
        stats.note(response.request().method(), new URL(response.url()).pathname, response.status());
    });
    return await journey(page);
  } catch (error) {
    if (process.env.SCREENSHOTS)
      await browser
        .pages()[0]
        ?.screenshot({ path: join(process.env.SCREENSHOTS, `${Date.now()}.png`) })
        .catch(() => {});
    console.error(
      `browser journey broke off: ${error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : error}`,
    );
    return undefined;
  } finally {
    for (const { name, value } of await browser.cookies().catch(() => []))
      if (isSecret(value) && !publicCookies?.test(name)) secrets.add(value);
    await browser.close().catch(() => {});
    await relay.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

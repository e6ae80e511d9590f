#!/usr/bin/env node
/**
 * Captures benign traffic of a real application: brings it up, puts Envoy and the service in front in monitor mode, sends
 * people through it, and writes what the service's capture kept.
 *
 *   node trainer/apps/capture.mjs wordpress|mediawiki|pocketbase [--requests 3500] [--seed 1] [--browsers 6] [--days 14]
 *     [--out trainer/data/<app>.jsonl.gz] [--port 8480] [--merge-only]
 *
 * Everything listens on loopback. Exit status 1 when too few requests were captured or a secret of the run is among them.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { statusOf, waitFor } from '../../deploy/demo/start/net.mjs';
import { Random } from '../../deploy/demo/traffic/random.mjs';
import { withBrowser } from './lib/browser.mjs';
import { mergeCaptures } from './lib/merge.mjs';
import { Person, Stats } from './lib/person.mjs';
import { start as startProcess } from './lib/processes.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const APPS = ['wordpress', 'mediawiki', 'pocketbase'];
/** The service and Envoy: npm start may have to build first. */
const READY_MS = 180_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '3500' },
    seed: { type: 'string', default: '1' },
    browsers: { type: 'string', default: '6' },
    days: { type: 'string', default: '14' },
    out: { type: 'string' },
    port: { type: 'string', default: '8480' },
    // Of the last run's captures, without another run.
    'merge-only': { type: 'boolean', default: false },
  },
});
const app = positionals[0] ?? '';
if (!APPS.includes(app)) {
  console.error(`usage: capture.mjs ${APPS.join('|')} [options]; got "${app}"`);
  process.exit(2);
}
const [wanted, seed, browsers, days, port] = [
  values.requests,
  values.seed,
  values.browsers,
  values.days,
  values.port,
].map(Number);
const out = resolve(values.out ?? join(ROOT, 'trainer', 'data', `${app}.jsonl.gz`));
const state = join(ROOT, 'work', 'apps', app);
const gate = join(state, 'normgate');

const recipe = await import(`./${app}/app.mjs`);
const authority = `${recipe.host}:${port}`;
const complete = values['merge-only'] || (await drive());
const secrets = new Set(/** @type {string[]} */ (JSON.parse(readFileSync(join(state, 'secrets.json'), 'utf8'))));
mkdirSync(dirname(out), { recursive: true });
const result = mergeCaptures({
  captures: join(gate, 'captures'),
  accessLog: join(gate, 'logs', 'access.log'),
  out,
  authority,
  days,
  secrets,
});
console.log(
  `${out}: ${result.kept} requests of ${result.clients} clients, ${(result.bytes / 2 ** 20).toFixed(2)} MiB; left out ${result.unanswered} that the application did not answer; status ${JSON.stringify(result.status)}`,
);
if (result.leaks.length > 0)
  console.error(`secrets of the run remain in ${result.leaks.length} lines: ${result.leaks.slice(0, 5).join(', ')}`);
// A browser's cache answers some of what was counted.
process.exit(complete && result.leaks.length === 0 && result.kept >= wanted * 0.9 ? 0 : 1);

/** Runs everything and leaves captures, access log and the run's secrets in `state`. @returns {Promise<boolean>} */
async function drive() {
  /** Not seeded: a secret that a seed gives is none. @type {Set<string>} */
  const secrets = new Set();
  const secret = () => {
    const value = `Pw-${randomBytes(12).toString('base64url')}9`;
    secrets.add(value);
    return value;
  };
  const random = new Random(seed);
  const { browserJourneys, journeys } = await import(`./${app}/drive.mjs`);
  console.log(`${app}: starting`);
  const running = await recipe.start({ dir: join(state, 'app'), authority, random: new Random(seed + 1), secret });
  rmSync(gate, { recursive: true, force: true });
  mkdirSync(gate, { recursive: true });
  const normgate = startProcess([process.execPath, join(ROOT, 'deploy', 'demo', 'start.mjs')], {
    cwd: ROOT,
    log: join(gate, 'start.log'),
    env: {
      ...process.env,
      UPSTREAM: `http://127.0.0.1:${running.port}`,
      MODE: 'monitor',
      STATE_DIR: gate,
      PORT: String(port),
      ADMIN_PORT: String(port + 1),
      ENVOY_ADMIN_PORT: String(port + 2),
      NORMGATE_CAPTURE_REDACT_NAMES: recipe.redactNames.join(','),
    },
  });
  const stats = new Stats();
  const wire = { port, host: authority, random, secrets, stats, publicCookies: recipe.publicCookies };
  const world = { ...running.site, random, secrets, secret, shared: new Map() };
  try {
    if (!(await waitFor(async () => (await statusOf(`http://127.0.0.1:${port + 2}/ready`)) === 200, READY_MS)))
      throw new Error(`Envoy did not start: see ${gate}/start.log`);
    if (!(await waitFor(async () => (await statusOf(`http://127.0.0.1:${port}/`)) !== 503, 30_000)))
      throw new Error(`the application is not reached: see ${gate}/start.log`);
    for (let day = 0; day < days; day++) {
      // A browser sends hundreds: what it overshoots is spread over the days that are left.
      const until = stats.sent + Math.ceil((wanted - stats.sent) / (days - day));
      for (let i = Math.floor((browsers * day) / days); i < Math.floor((browsers * (day + 1)) / days); i++) {
        const journey = browserJourneys[i % browserJourneys.length];
        await withBrowser({ ...wire, address: addressOf(3 + (i % 40)) }, (page) =>
          journey({ page, origin: `http://${authority}`, world, random }),
        );
      }
      while (stats.sent < until) await visit(random.weighted(journeys), wire, world);
      console.log(
        `${app}: day ${day + 1}/${days}, ${stats.sent} requests, answers ${JSON.stringify(Object.fromEntries([...stats.byStatus].sort((a, b) => a[0] - b[0])))}`,
      );
    }
    // The capture writes once a second.
    await new Promise((done) => setTimeout(done, 2500));
    return true;
  } finally {
    await normgate.stop();
    await running.stop();
    writeFileSync(join(state, 'odd.txt'), `${stats.odd.join('\n')}\n`);
    writeFileSync(join(state, 'secrets.json'), JSON.stringify([...secrets]), { mode: 0o600 });
  }
}

/** One session of one client. @param {any} session @param {any} wire @param {any} world */
async function visit(session, wire, world) {
  // Few clients come often, many once.
  const address = addressOf(wire.random.chance(0.6) ? wire.random.int(3, 22) : wire.random.int(23, 240));
  const person = new Person({ ...wire, address, program: session.program });
  try {
    await session.run(person, world);
  } catch (error) {
    console.error(`a session broke off: ${error instanceof Error ? error.message : error}`);
  } finally {
    person.close();
  }
}

/** @param {number} n */
function addressOf(n) {
  return `127.0.${Math.floor(n / 200)}.${(n % 200) + 2}`;
}

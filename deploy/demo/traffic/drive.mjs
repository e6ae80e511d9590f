#!/usr/bin/env node
/**
 * Benign traffic for the sample shop: seeded journeys of browsers, apps, programs and crawlers.
 *
 *   node deploy/demo/traffic/drive.mjs --target http://127.0.0.1:8080 --sessions 500 --seed 1
 *   node deploy/demo/traffic/drive.mjs --dry --sessions 500 --seed 1 --out requests.jsonl.gz
 *
 * Sends only to loopback addresses. Prints one JSON line at the end: what was sent, answers by status, and (with
 * `--show-denied`) the requests that were answered 403. Sessions of different seeds share the vocabulary only.
 */
import { parseArgs } from 'node:util';
import { browse } from './journeys/browse.mjs';
import { buy } from './journeys/buy.mjs';
import { administer, crawl, runPartnerScript, talkGraphql } from './journeys/work.mjs';
import { contact, upload, writeComments } from './journeys/write.mjs';
import { Random } from './random.mjs';
import { Visitor } from './visitor.mjs';
import { Recorder, Wire } from './wire.mjs';

/** Monday, 3 March 2025, 08:00 UTC: times in the output are part of the seed's result. */
const FIRST_SESSION = Date.UTC(2025, 2, 3, 8);

/** @type {readonly (readonly [weight: number, journey: readonly [run: (visitor: Visitor) => Promise<void>, program: boolean]])[]} */
const JOURNEYS = [
  [26, [browse, false]],
  [24, [buy, false]],
  [16, [writeComments, false]],
  [5, [contact, false]],
  [7, [upload, false]],
  [7, [administer, false]],
  [4, [talkGraphql, false]],
  [4, [talkGraphql, true]],
  [5, [runPartnerScript, true]],
  [2, [crawl, true]],
];

/** @param {string[]} argv */
function parseOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      target: { type: 'string', default: 'http://127.0.0.1:8080' },
      host: { type: 'string', default: 'shop.example' },
      sessions: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      concurrency: { type: 'string', default: '8' },
      out: { type: 'string' },
      dry: { type: 'boolean', default: false },
      'show-denied': { type: 'boolean', default: false },
    },
  });
  const count = (/** @type {'sessions' | 'seed' | 'concurrency'} */ name, /** @type {number} */ most) => {
    const n = Number(values[name]);
    if (!Number.isInteger(n) || n < 1 || n > most)
      throw new Error(`--${name}: expected a whole number from 1 to ${most}, got ${values[name]}`);
    return n;
  };
  const target = new URL(values.target);
  if (!values.dry && !['127.0.0.1', 'localhost', '[::1]'].includes(target.hostname)) {
    throw new Error(`--target: expected a loopback address, got ${target.hostname}`);
  }
  return {
    target,
    host: values.host,
    sessions: count('sessions', 100_000),
    seed: count('seed', 2 ** 31),
    concurrency: count('concurrency', 64),
    out: values.out,
    dry: values.dry,
    showDenied: values['show-denied'],
  };
}

/** @param {ReturnType<typeof parseOptions>} options */
async function drive(options) {
  const recorder = options.out ? new Recorder(options.out) : undefined;
  const wire = new Wire({ target: options.target, host: options.host, dry: options.dry, recorder });
  let next = 0;
  const work = async () => {
    while (next < options.sessions) {
      const session = next;
      next += 1;
      // Seed and session together: session 7 is the same whatever the concurrency was.
      const random = new Random(Math.imul(options.seed, 1_000_003) + session);
      const [journey, program] = random.weighted(JOURNEYS);
      const start = FIRST_SESSION + Math.floor((session / options.sessions) * 14 * 86_400_000);
      await journey(new Visitor({ random, wire, session, origin: `https://${options.host}`, program, start }));
    }
  };
  await Promise.all(Array.from({ length: options.dry ? 1 : options.concurrency }, work));
  wire.close();
  await recorder?.close();
  return wire;
}

try {
  const options = parseOptions(process.argv.slice(2));
  const wire = await drive(options);
  if (options.showDenied) for (const request of wire.denied) console.log(JSON.stringify(request));
  console.log(
    JSON.stringify({
      requests: wire.sent,
      sessions: options.sessions,
      seed: options.seed,
      byStatus: Object.fromEntries(wire.byStatus),
    }),
  );
} catch (error) {
  console.error(`drive: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}

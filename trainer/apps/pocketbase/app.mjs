/** PocketBase: one binary, built by install.sh. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, statusOf, waitFor } from '../../../deploy/demo/start/net.mjs';
import { run, start as startProcess } from '../lib/processes.mjs';
import { makeMail, makeName } from '../lib/words.mjs';

const BINARY =
  process.env.POCKETBASE ||
  join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'work', 'apps', 'bin', 'base');

export const host = 'base.example';
export const redactNames = ['otpId', 'mfaId'];

/** @param {{dir: string, authority: string, random: import('../../../deploy/demo/traffic/random.mjs').Random, secret: () => string}} options */
export async function start({ dir, random, secret }) {
  if (!existsSync(BINARY)) throw new Error(`no PocketBase at ${BINARY}: run trainer/apps/pocketbase/install.sh`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const log = join(dir, 'app.log');
  const data = `--dir=${join(dir, 'data')}`;
  const admin = { login: 'manager@example.org', password: secret(), role: 'superuser' };
  await run([BINARY, 'superuser', 'upsert', admin.login, admin.password, data], { log });
  const port = /** @type {number} */ (await freePort());
  const server = startProcess(
    [BINARY, 'serve', `--http=127.0.0.1:${port}`, data, `--publicDir=${join(dir, 'public')}`, '--automigrate=false'],
    { cwd: dir, log },
  );
  if (!(await waitFor(async () => (await statusOf(`http://127.0.0.1:${port}/api/health`)) === 200, 30_000)))
    throw new Error(`PocketBase did not start: see ${log}`);
  const people = Array.from({ length: 12 }, (_, i) => ({
    ...makeName(random),
    login: `u${i}.${makeMail(random)}`,
    password: secret(),
    role: 'user',
  }));
  await prepare(port, admin, people);
  return { port, site: { admin, people }, stop: () => server.stop() };
}

/** Collections and accounts, straight to the application: not traffic of its users. @param {number} port @param {any} admin @param {any[]} people */
async function prepare(port, admin, people) {
  const ask = async (
    /** @type {string} */ method,
    /** @type {string} */ path,
    /** @type {unknown} */ body,
    token = '',
  ) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: token }) },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path} gave ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  const { token } = await ask('POST', '/api/collections/_superusers/auth-with-password', {
    identity: admin.login,
    password: admin.password,
  });
  const member = '@request.auth.id != ""';
  const users = await (
    await fetch(`http://127.0.0.1:${port}/api/collections/users`, { headers: { authorization: token } })
  ).json();
  const common = {
    type: 'base',
    listRule: '',
    viewRule: '',
    createRule: member,
    updateRule: member,
    deleteRule: member,
  };
  const notes = await ask(
    'POST',
    '/api/collections',
    {
      ...common,
      name: 'notes',
      fields: [
        { name: 'title', type: 'text', required: true, max: 300 },
        { name: 'body', type: 'editor' },
        { name: 'kind', type: 'select', values: ['note', 'task', 'bug', 'recipe'], maxSelect: 1 },
        { name: 'tags', type: 'json' },
        { name: 'amount', type: 'number' },
        { name: 'due', type: 'date' },
        { name: 'link', type: 'url' },
        { name: 'done', type: 'bool' },
        { name: 'files', type: 'file', maxSelect: 5, maxSize: 5_000_000 },
        { name: 'author', type: 'relation', collectionId: users.id, maxSelect: 1 },
        { name: 'created', type: 'autodate', onCreate: true },
        { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true },
      ],
    },
    token,
  );
  await ask(
    'POST',
    '/api/collections',
    {
      ...common,
      name: 'comments',
      fields: [
        { name: 'note', type: 'relation', collectionId: notes.id, maxSelect: 1, cascadeDelete: true },
        { name: 'text', type: 'text', required: true, max: 20_000 },
        { name: 'mood', type: 'select', values: ['👍', '👎', '❤️'], maxSelect: 1 },
        { name: 'created', type: 'autodate', onCreate: true },
      ],
    },
    token,
  );
  await ask('PATCH', '/api/collections/users', { listRule: member, viewRule: member }, token);
  await ask(
    'PATCH',
    '/api/settings',
    { batch: { enabled: true, maxRequests: 50, timeout: 3 }, rateLimits: { enabled: false } },
    token,
  );
  for (const one of people)
    await ask(
      'POST',
      '/api/collections/users/records',
      {
        email: one.login,
        password: one.password,
        passwordConfirm: one.password,
        name: `${one.first} ${one.last}`,
        emailVisibility: true,
        verified: true,
      },
      token,
    );
}

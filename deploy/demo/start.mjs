#!/usr/bin/env node
/**
 * `npm start`: installs what is missing, then runs an application, the sidecar and Envoy until Ctrl-C or SIGTERM.
 *
 * Environment: UPSTREAM=http://host:port (your application instead of the sample shop), PORT (8080), ADMIN_PORT (8181,
 * the sidecar's), ENVOY_ADMIN_PORT (9901), MODE=enforce|monitor, MODEL=models/<id>, ENVOY=/path/to/envoy, PYTHON,
 * STATE_DIR (where logs/, run/ and captures/ go; default: the repository), NORMGATE_… for the sidecar.
 * Exit codes: 0 ended by signal, 1 a process died, 2 something is missing or wrong (one line says what to do).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { renderEnvoy } from '../../envoy/render.mjs';
import { Children } from './start/children.mjs';
import { checkNode, ensureBuilt, ensureEnvoy, ensurePackages } from './start/install.mjs';
import { freePort, reachable, statusOf, waitFor } from './start/net.mjs';
import { chooseModel, readSettings } from './start/settings.mjs';
import { StartError } from './start/start-error.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const STATE = resolve(process.env.STATE_DIR || ROOT);
const LOGS = join(STATE, 'logs');
const RUN = join(STATE, 'run');
const CAPTURES = join(STATE, 'captures');
const HOST = '127.0.0.1';
/** Each of the three; a cold model on a slow machine takes a few seconds. */
const READY_MS = 30_000;

const say = (/** @type {string} */ line) => console.log(line);

/** @typedef {{host: string, port: number, tls: boolean}} Upstream */

/** @param {import('./start/settings.mjs').Settings} settings */
async function checkPorts(settings) {
  for (const [name, port] of /** @type {const} */ ([
    ['PORT', settings.port],
    ['ADMIN_PORT', settings.adminPort],
    ['ENVOY_ADMIN_PORT', settings.envoyAdminPort],
  ])) {
    if ((await freePort(port, HOST)) === undefined)
      throw new StartError(
        `port ${port} is in use: stop what listens there (lsof -i :${port}) or set ${name} to another one`,
      );
  }
}

async function pickPort() {
  const port = await freePort(0, HOST);
  if (port === undefined) throw new StartError('no free port on 127.0.0.1: close some programs and try again');
  return port;
}

/** @param {URL} url @returns {Promise<Upstream>} */
async function findUpstream(url) {
  const tls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (tls ? 443 : 80));
  const address = await reachable(host, port);
  if (address === undefined)
    throw new StartError(`UPSTREAM: nothing answers at ${url.origin}; start your application first`);
  // `localhost` may be either family: what accepted us will accept Envoy. Certificates need the name.
  return { host: tls ? host : address, port, tls };
}

/** @param {Children} children @returns {Promise<Upstream>} */
async function startShop(children) {
  const port = await pickPort();
  children.start(
    'shop',
    [process.execPath, join(ROOT, 'deploy', 'demo', 'shop', 'server.mjs'), '--port', String(port)],
    { cwd: ROOT },
  );
  await ready(children, 'shop', async () => (await statusOf(`http://${HOST}:${port}/robots.txt`)) === 200);
  return { host: HOST, port, tls: false };
}

/** @param {Children} children @param {import('./start/settings.mjs').Settings} settings @param {string} model @param {number} grpcPort */
async function startSidecar(children, settings, model, grpcPort) {
  const flags = {
    mode: settings.mode,
    model,
    'grpc.listen': `${HOST}:${grpcPort}`,
    'admin.listen': `${HOST}:${settings.adminPort}`,
  };
  const command = [
    process.execPath,
    join(ROOT, 'dist', 'cli.js'),
    'serve',
    ...Object.entries(flags).map(([key, value]) => `--${key}=${value}`),
  ];
  // As variables, so that the user's own NORMGATE_… win.
  const env = {
    NORMGATE_CAPTURE_ENABLED: 'true',
    NORMGATE_CAPTURE_DIR: CAPTURES,
    // Envoy has ended before the sidecar is told to: nobody is left who must notice.
    NORMGATE_GRPC_DRAIN_MS: '0',
    ...process.env,
  };
  children.start('normgate', command, { cwd: ROOT, env });
  await ready(
    children,
    'normgate',
    async () => (await statusOf(`http://${HOST}:${settings.adminPort}/readyz`)) === 200,
  );
}

/** @param {Children} children @param {string} binary @param {import('./start/settings.mjs').Settings} settings @param {Upstream} upstream @param {number} grpcPort */
async function startEnvoy(children, binary, settings, upstream, grpcPort) {
  const ca = join(RUN, 'ca.pem');
  if (upstream.tls) writeFileSync(ca, rootCertificates.join('\n'));
  const config = join(RUN, 'envoy.yaml');
  const values = {
    PORT: settings.port,
    ENVOY_ADMIN_PORT: settings.envoyAdminPort,
    SIDECAR_HOST: HOST,
    SIDECAR_PORT: grpcPort,
    UPSTREAM_HOST: upstream.host,
    UPSTREAM_PORT: upstream.port,
    ...(upstream.tls ? { UPSTREAM_CA: ca } : {}),
  };
  writeFileSync(config, renderEnvoy(values, { tls: upstream.tls }));
  children.start('envoy', [binary, '-c', config, '--disable-hot-restart', '-l', 'warning'], {
    cwd: ROOT,
    out: 'access.log',
  });
  await ready(
    children,
    'envoy',
    async () => (await statusOf(`http://${HOST}:${settings.envoyAdminPort}/ready`)) === 200,
  );
  await ready(children, 'envoy', async () => (await statusOf(`http://${HOST}:${settings.port}/`)) !== undefined);
}

/** @param {Children} children @param {string} name @param {() => Promise<boolean>} question */
async function ready(children, name, question) {
  const answered = await Promise.race([waitFor(question, READY_MS), children.lost]);
  if (answered === true) return;
  throw new Error(
    answered === false ? `${name} did not get ready within ${READY_MS / 1000} s: see logs/${name}.log` : answered,
  );
}

/** @param {import('./start/settings.mjs').Settings} settings @param {string} model @param {Upstream} upstream */
function announce(settings, model, upstream) {
  const site = `http://${HOST}:${settings.port}`;
  const admin = `http://${HOST}:${settings.adminPort}`;
  const here = (/** @type {string} */ path) => (path.startsWith(process.cwd()) ? relative(process.cwd(), path) : path);
  say(
    `normgate ready: ${site} -> ${settings.upstream?.origin ?? `http://${upstream.host}:${upstream.port} (sample shop)`}, ${settings.mode} mode, model ${basename(model)}, admin ${admin}, Envoy admin http://${HOST}:${settings.envoyAdminPort}`,
  );
  say(`
Try:
  curl -i "${site}/search?q=O%27Brien+desk"
  curl -i "${site}/search?q=x%27+UNION+SELECT+password+FROM+users--+-"
  curl -i "${site}/search?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E"

Logs     ${here(LOGS)}/normgate.log (decisions), access.log, envoy.log${settings.upstream ? '' : ', shop.log'}
Metrics  ${admin}/metrics
Captures ${here(CAPTURES)}/
Ctrl-C ends all.`);
}

/** Resolves when we are asked to end. @returns {Promise<void>} */
function askedToEnd() {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => resolve());
    // npm hands SIGTERM to the shell between us, which ends without telling: then we have a new parent.
    const parent = process.ppid;
    if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && resolve(), 200).unref();
  });
}

async function main() {
  const signal = askedToEnd();
  const children = new Children(LOGS);
  const run = async () => {
    checkNode();
    const settings = readSettings(process.env);
    const model = chooseModel(ROOT, settings.model);
    await checkPorts(settings);
    for (const directory of [LOGS, RUN, CAPTURES]) mkdirSync(directory, { recursive: true });
    await ensurePackages(ROOT, say);
    const envoy = await ensureEnvoy(ROOT, settings, say);
    await ensureBuilt(ROOT, say);
    const grpcPort = await pickPort();
    const [upstream] = await Promise.all([
      settings.upstream ? findUpstream(settings.upstream) : startShop(children),
      startSidecar(children, settings, model, grpcPort),
    ]);
    await startEnvoy(children, envoy, settings, upstream, grpcPort);
    announce(settings, model, upstream);
    throw new Error(await children.lost);
  };
  try {
    await Promise.race([signal, run()]);
    say('stopping …');
  } finally {
    await children.stop();
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`normgate: ${error instanceof Error ? error.message : error}`);
  process.exit(error instanceof StartError ? 2 : 1);
}

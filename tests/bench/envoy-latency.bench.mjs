#!/usr/bin/env node
/**
 * What does Normgate add to a request through Envoy, against a no-op ext_authz server in the same run?
 *
 *   node tests/bench/envoy-latency.bench.mjs [--rounds 40] [--per-round 10]
 *
 * Four ways to the same application, one keep-alive connection each: directly, through Envoy without ext_authz, with a
 * no-op ext_authz server (grpc-js, answers OK without reading), and with Normgate. The ways take turns within each
 * round, so that a busy machine hits all alike; compare the ratios. Prints tables, then one JSON line.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ensureBuilt, ensureEnvoy } from '../../deploy/demo/start/install.mjs';
import { freePort, statusOf, waitFor } from '../../deploy/demo/start/net.mjs';
import { chooseModel } from '../../deploy/demo/start/settings.mjs';
import { Random } from '../../deploy/demo/traffic/random.mjs';
import { makeProse } from '../../deploy/demo/traffic/words/prose.mjs';
import { makeSearchTerm } from '../../deploy/demo/traffic/words/shopping.mjs';
import { renderEnvoy } from '../../envoy/render.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WARM_UP = 50;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    'per-round': { type: 'string', default: '10' },
    'noop-server': { type: 'string' },
  },
});

/** OK to every Check and every health check, without decoding the request. */
function serveNothing(port) {
  const raw = (path, answer) => ({
    definition: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: (value) => value,
      requestDeserialize: (bytes) => bytes,
      responseSerialize: (value) => value,
      responseDeserialize: (bytes) => bytes,
    },
    handler: (_call, reply) => reply(null, answer),
  });
  const server = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
  // CheckResponse { status {} ok_response {} } and HealthCheckResponse { status: SERVING }.
  for (const { definition, handler } of [
    raw('/envoy.service.auth.v3.Authorization/Check', Buffer.from([0x0a, 0, 0x1a, 0])),
    raw('/grpc.health.v1.Health/Check', Buffer.from([0x08, 1])),
  ]) {
    server.addService({ Call: definition }, { Call: handler });
  }
  server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
    if (error) throw error;
  });
}

const BROWSER = [
  ['Host', 'shop.example'],
  ['Connection', 'keep-alive'],
  ['sec-ch-ua', '"Chromium";v="138", "Google Chrome";v="138", "Not)A;Brand";v="8"'],
  ['sec-ch-ua-mobile', '?0'],
  ['sec-ch-ua-platform', '"Linux"'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
  ],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['Sec-Fetch-Site', 'same-origin'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Sec-Fetch-Dest', 'document'],
  ['Referer', 'https://shop.example/products?category=kitchen&sort=price-asc'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-IE,en;q=0.9'],
  ['Cookie', 'theme=dark; _ga=GA1.1.1801195716.1729943143'],
];

/** Kinds of requests; each call makes the next one. The answer is always the same small file or page. */
function makeKinds(random) {
  const get = (path) => ({ method: 'GET', path, headers: BROWSER, body: Buffer.alloc(0) });
  const post = (path, type, body) => ({
    method: 'POST',
    path,
    headers: [...BROWSER, ['Content-Type', type]],
    body: Buffer.from(body),
  });
  return {
    'GET, repeated': () => get('/robots.txt?v=12'),
    'GET, new search': () =>
      get(`/robots.txt?${new URLSearchParams({ q: `${makeSearchTerm(random)} ${random.int(1, 1e9)}` })}`),
    'form, 1 KB, new': () =>
      post(
        '/newsletter',
        'application/x-www-form-urlencoded',
        new URLSearchParams({
          email: `a${random.int(1, 1e9)}@example.com`,
          message: makeProse(random, 20).slice(0, 900),
        }).toString(),
      ),
    'JSON, 16 KB, 376 values, new': () =>
      post(
        '/api/telemetry',
        'application/json',
        JSON.stringify({
          events: Array.from({ length: 94 }, (_, n) => ({
            type: 'click',
            x: random.int(0, 1e6),
            term: makeSearchTerm(random),
            note: `${makeProse(random, 1).slice(0, 90)} ${n}`,
          })),
        }),
      ),
  };
}

function time(port, agent, { method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const all = method === 'GET' ? headers : [...headers, ['Content-Length', String(body.length)]];
    const began = performance.now();
    const outgoing = request({ host: '127.0.0.1', port, method, path, agent, headers: all.flat() }, (incoming) => {
      incoming.resume();
      incoming.once('end', () => resolve({ ms: performance.now() - began, status: incoming.statusCode }));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const round = (number) => Math.round(number * 1000) / 1000;

/** Resident bytes and CPU seconds so far, by ps: works on Linux and macOS. */
function usageOf(pid) {
  const [rss, cpu] = execFileSync('ps', ['-o', 'rss=,cputime=', '-p', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/);
  const seconds = cpu.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  return { rssMb: round(Number(rss) / 1024), cpuSeconds: seconds };
}

async function main() {
  const rounds = Number(options.rounds);
  const perRound = Number(options['per-round']);
  const envoy = await ensureEnvoy(ROOT, { envoy: process.env.ENVOY }, console.log);
  await ensureBuilt(ROOT, console.log);
  const model = chooseModel(ROOT, process.env.MODEL);
  const directory = mkdtempSync(join(tmpdir(), 'normgate-bench-'));
  const children = [];
  const start = (command) => {
    const child = spawn(command[0], command.slice(1), { cwd: ROOT, stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const ports = await Promise.all(Array.from({ length: 10 }, () => freePort()));
  const [shopPort, noopPort, grpcPort, adminPort, ...envoyPorts] = ports;
  try {
    start([process.execPath, join(ROOT, 'deploy/demo/shop/server.mjs'), '--port', String(shopPort)]);
    const noop = start([process.execPath, fileURLToPath(import.meta.url), '--noop-server', String(noopPort)]);
    const flags = [
      `--mode=monitor`,
      `--model=${model}`,
      `--grpc.listen=127.0.0.1:${grpcPort}`,
      `--admin.listen=127.0.0.1:${adminPort}`,
      '--grpc.drainMs=0',
    ];
    const sidecar = start([process.execPath, join(ROOT, 'dist/cli.js'), 'serve', ...flags]);
    const withoutFilter = (yaml) => {
      const edited = yaml.replace(
        /^ *- name: envoy\.filters\.http\.ext_authz\n[\s\S]*?(?=^ *- name: envoy\.filters\.http\.router)/m,
        '',
      );
      if (edited === yaml) throw new Error('envoy.yaml has no ext_authz filter before the router');
      return edited;
    };
    const proxies = [
      ['Envoy', grpcPort, withoutFilter],
      ['Envoy + no-op', noopPort, (yaml) => yaml],
      ['Envoy + Normgate', grpcPort, (yaml) => yaml],
    ];
    const ways = [{ name: 'direct', port: shopPort }];
    for (const [n, [name, sidecarPort, edit]] of proxies.entries()) {
      const [port, envoyAdmin] = envoyPorts.slice(2 * n, 2 * n + 2);
      const config = join(directory, `${n}.yaml`);
      writeFileSync(
        config,
        edit(
          renderEnvoy({ PORT: port, ENVOY_ADMIN_PORT: envoyAdmin, SIDECAR_PORT: sidecarPort, UPSTREAM_PORT: shopPort }),
        ),
      );
      start([envoy, '-c', config, '--disable-hot-restart', '--concurrency', '1', '-l', 'error']);
      ways.push({ name, port });
    }
    const up = async (url) => (await statusOf(url)) === 200;
    const urls = [
      `http://127.0.0.1:${adminPort}/readyz`,
      ...ways.map(({ port }) => `http://127.0.0.1:${port}/robots.txt`),
    ];
    for (const url of urls) if (!(await waitFor(() => up(url), 30_000))) throw new Error(`nothing answers at ${url}`);

    const random = new Random(1);
    const kinds = makeKinds(random);
    for (const way of ways) way.agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const results = {};
    const failures = {};
    for (const [kind, make] of Object.entries(kinds)) {
      const samples = Object.fromEntries(ways.map(({ name }) => [name, []]));
      for (const way of ways) for (let n = 0; n < WARM_UP; n += 1) await time(way.port, way.agent, make());
      for (let n = 0; n < rounds; n += 1) {
        for (const way of ways) {
          for (let k = 0; k < perRound; k += 1) {
            const { ms, status } = await time(way.port, way.agent, make());
            samples[way.name].push(ms);
            if (status >= 400)
              failures[`${way.name}: ${kind}: ${status}`] = (failures[`${way.name}: ${kind}: ${status}`] ?? 0) + 1;
          }
        }
      }
      results[kind] = summarize(samples);
      console.log(`\n${kind}, ms (${rounds * perRound} requests a way)`);
      console.table(results[kind]);
    }
    const usage = { noop: usageOf(noop.pid), normgate: usageOf(sidecar.pid) };
    console.log(
      `resident: Normgate ${usage.normgate.rssMb} MB, no-op ${usage.noop.rssMb} MB; CPU over the run: ${usage.normgate.cpuSeconds} s, ${usage.noop.cpuSeconds} s`,
    );
    console.log(
      JSON.stringify({
        bench: 'envoy-latency',
        node: process.versions.node,
        cpus: cpus().length,
        model: basename(model),
        results,
        usage,
        failures,
      }),
    );
  } finally {
    for (const child of children) child.kill('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** p50, p99 of each way, what it adds to Envoy alone, and that as a multiple of what the no-op adds. */
function summarize(samples) {
  const percentiles = Object.fromEntries(
    Object.entries(samples).map(([name, list]) => {
      const sorted = list.sort((a, b) => a - b);
      return [name, { p50: at(sorted, 0.5), p99: at(sorted, 0.99) }];
    }),
  );
  const plain = percentiles.Envoy;
  const noop = percentiles['Envoy + no-op'];
  return Object.fromEntries(
    Object.entries(percentiles).map(([name, { p50, p99 }]) => [
      name,
      {
        p50: round(p50),
        p99: round(p99),
        addedP50: name.includes('+') ? round(p50 - plain.p50) : 0,
        addedP99: name.includes('+') ? round(p99 - plain.p99) : 0,
        p50OfNoop: round(p50 / noop.p50),
        p99OfNoop: round(p99 / noop.p99),
      },
    ]),
  );
}

if (options['noop-server']) serveNothing(Number(options['noop-server']));
else await main().then(() => process.exit(0));

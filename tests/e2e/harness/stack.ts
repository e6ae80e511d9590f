import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { send } from './http.js';
import { freePort, Process, waitFor } from './process.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface StackOptions {
  readonly mode?: 'monitor' | 'enforce' | 'learn';
  /** Envoy lets requests pass when the sidecar fails. */
  readonly failOpen?: boolean;
  /** Flags of `normgate serve` beside addresses and mode. */
  readonly flags?: Readonly<Record<string, string>>;
  /**
   * How long Envoy waits for a verdict. Default 3 s: a busy machine must not make a test of verdicts one of timeouts;
   * `shipped` keeps what `envoy.yaml` says, for the tests that are about it.
   */
  readonly checkTimeout?: 'shipped';
  /** Changes Envoy's configuration after it was rendered. */
  readonly editEnvoy?: (yaml: string) => string;
}

/** A line of the sidecar's decision log, as far as tests read it. */
export interface Decision {
  readonly requestId: string;
  readonly action: string;
  readonly wouldDeny: boolean;
  readonly mode: string;
  readonly [key: string]: unknown;
}

/** The Envoy that `npm start` and `npm test` install, or the one in ENVOY. */
export function envoyBinary(): string {
  if (process.env.ENVOY) return process.env.ENVOY;
  const lib = join(ROOT, '.venv', 'lib');
  for (const python of existsSync(lib) ? readdirSync(lib) : []) {
    const binary = join(lib, python, 'site-packages', 'envoy', '_bin', 'envoy');
    if (existsSync(binary)) return binary;
  }
  throw new Error('no Envoy: run `npm start` once, or set ENVOY to a binary');
}

/** Envoy's configuration with values filled in, as a text. */
export function renderEnvoy(values: Readonly<Record<string, string | number | boolean>>, tls = false): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  const script = join(ROOT, 'envoy', 'render.mjs');
  return execFileSync(process.execPath, [script, ...(tls ? ['--tls'] : []), ...pairs], { encoding: 'utf8' });
}

/** The bundle under test: MODEL, or the newest one in `models/`. */
export function modelDirectory(): string {
  if (process.env.MODEL) return resolve(ROOT, process.env.MODEL);
  const models = join(ROOT, 'models');
  const bundles = readdirSync(models)
    .filter((name) => existsSync(join(models, name, 'manifest.json')))
    .map((name) => ({ name, manifest: JSON.parse(readFileSync(join(models, name, 'manifest.json'), 'utf8')) }))
    .sort((a, b) => String(b.manifest.createdAt).localeCompare(String(a.manifest.createdAt)));
  if (bundles.length === 0) throw new Error('no model bundle in models/');
  return join(models, bundles[0]!.name);
}

/** Shop, sidecar and Envoy on free ports, with their logs. */
export class Stack {
  private constructor(
    readonly directory: string,
    /** Envoy's port. */
    readonly port: number,
    readonly adminPort: number,
    readonly envoyAdminPort: number,
    readonly shopPort: number,
    readonly shop: Process,
    readonly sidecar: Process,
    readonly envoy: Process,
  ) {}

  static async start(options: StackOptions = {}): Promise<Stack> {
    const directory = mkdtempSync(join(tmpdir(), 'normgate-e2e-'));
    const [port, adminPort, envoyAdminPort, shopPort, grpcPort] = (await Promise.all(
      Array.from({ length: 5 }, () => freePort()),
    )) as [number, number, number, number, number];
    const run = (name: string, command: string[]) =>
      new Process(name, command, join(directory, `${name}.out`), join(directory, `${name}.err`), { cwd: ROOT });

    const flags = {
      mode: options.mode ?? 'enforce',
      model: modelDirectory(),
      'grpc.listen': `127.0.0.1:${grpcPort}`,
      'grpc.drainMs': '0',
      'admin.listen': `127.0.0.1:${adminPort}`,
      'capture.enabled': 'true',
      'capture.dir': join(directory, 'captures'),
      ...options.flags,
    };
    const shop = run('shop', [process.execPath, join(ROOT, 'deploy/demo/shop/server.mjs'), '--port', String(shopPort)]);
    const sidecar = run('normgate', [
      process.execPath,
      join(ROOT, 'dist', 'cli.js'),
      'serve',
      ...Object.entries(flags).map(([key, value]) => `--${key}=${value}`),
    ]);
    const rendered = renderEnvoy({
      PORT: port,
      ENVOY_ADMIN_PORT: envoyAdminPort,
      SIDECAR_PORT: grpcPort,
      UPSTREAM_PORT: shopPort,
      FAIL_OPEN: options.failOpen ?? false,
    });
    const patient = rendered.replace(/^ +timeout: 0\.25s/m, (line) => line.replace('0.25s', '3s'));
    if (patient === rendered) throw new Error('envoy.yaml: expected the timeout of a check to be 0.25s');
    const yaml = options.checkTimeout === 'shipped' ? rendered : patient;
    const config = join(directory, 'envoy.yaml');
    writeFileSync(config, options.editEnvoy ? options.editEnvoy(yaml) : yaml);
    const stack = { directory, port, adminPort, envoyAdminPort, shopPort };
    let envoy: Process | undefined;
    try {
      await ready(shop, shopPort, '/robots.txt');
      await ready(sidecar, adminPort, '/readyz');
      envoy = run('envoy', [
        envoyBinary(),
        ...['-c', config, '--disable-hot-restart', '--concurrency', '1', '-l', 'warning'],
        ...['--file-flush-interval-msec', '50'],
      ]);
      await ready(envoy, envoyAdminPort, '/ready');
    } catch (error) {
      await Promise.all([envoy, sidecar, shop].map((process) => process?.stop('SIGKILL')));
      throw error;
    }
    return new Stack(stack.directory, port, adminPort, envoyAdminPort, shopPort, shop, sidecar, envoy);
  }

  /** The decision on one request, once it is in the log. */
  decision(requestId: string): Promise<Decision> {
    return waitFor(`the decision on ${requestId}`, () => this.decisions().find((line) => line.requestId === requestId));
  }

  decisions(): Decision[] {
    const lines = whole(this.sidecar.stdout());
    return lines.map((line) => JSON.parse(line) as Decision).filter((line) => line.requestId !== undefined);
  }

  /** Envoy's access log. */
  accessLog(): Record<string, unknown>[] {
    const lines = whole(this.envoy.stdout());
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** A counter or gauge of Envoy by its full name; 0 before it exists. */
  async envoyStat(name: string): Promise<number> {
    const { body } = await send(this.envoyAdminPort, { path: `/stats?filter=^${name}$` });
    return Number(/: (\d+)/.exec(body)?.[1] ?? 0);
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.sidecar.stop();
    await this.shop.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function ready(process: Process, port: number, path: string): Promise<void> {
  await waitFor(`${process.name} on port ${port}`, async () => {
    if (!process.alive)
      throw new Error(`${process.name} ended:\n${process.stderr()}${process.stdout()}`.slice(0, 2000));
    const reply = await send(port, { path }).catch(() => undefined);
    return reply?.status === 200 ? true : undefined;
  });
}

/** Lines of a log that is being written: its last may have begun only. */
function whole(log: string): string[] {
  return log.split('\n').slice(0, -1);
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../e2e/harness/process.js';
import { Child } from './child.js';

/** An Envoy in front of an application, with the shipped configuration. */
export interface RunningEnvoy {
  readonly port: number;
  stop(): Promise<void>;
}

/** @param render fills the shipped `envoy.yaml` in. */
export async function startEnvoy(
  binary: string,
  render: (values: Record<string, number>) => string,
  upstreamPort: number,
  sidecarPort: number,
): Promise<RunningEnvoy> {
  const directory = mkdtempSync(join(tmpdir(), 'normgate-differential-'));
  const [port, admin] = await Promise.all([freePort(), freePort()]);
  const config = join(directory, 'envoy.yaml');
  const values = { PORT: port, ENVOY_ADMIN_PORT: admin, SIDECAR_PORT: sidecarPort, UPSTREAM_PORT: upstreamPort };
  writeFileSync(config, render(values));
  const flags = ['-c', config, '--disable-hot-restart', '--concurrency', '1', '-l', 'error'];
  const child = new Child('envoy', [binary, ...flags], port);
  await child.ready();
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { port, stop };
}

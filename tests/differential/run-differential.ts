import type { RequestView } from '../../src/request/request-view.js';
import { freePort } from '../e2e/harness/process.js';
import type { App } from './apps.js';
import { type Canonicalizer, viewOfWire } from './canonicalizer.js';
import { type Finding, findUnseen } from './compare.js';
import { type RunningEnvoy, startEnvoy } from './envoy.js';
import { exchange } from './exchange.js';
import { type Recorder, startRecorder } from './recorder.js';
import type { WireCase } from './wire-case.js';

export interface DifferentialOptions {
  readonly canonicalizer: Canonicalizer;
  /** Envoy's binary and how its configuration is filled in; undefined: applications are asked directly. */
  readonly envoy?: { readonly binary: string; render(values: Record<string, number>): string };
  readonly timeoutMs: number;
}

export interface AppResult {
  readonly app: string;
  /** Requests sent, those that the application answered with what it saw, and values that it saw. */
  readonly sent: number;
  readonly answered: number;
  readonly values: number;
  /** Requests of which the inspection says that it left bytes out. */
  readonly accounted: number;
  readonly findings: readonly Finding[];
}

/** Sends every case to one application, behind Envoy where there is one, and to the canonicalizer, and compares. */
export async function runDifferential(
  app: App,
  cases: Iterable<WireCase>,
  { canonicalizer, envoy, timeoutMs }: DifferentialOptions,
): Promise<AppResult> {
  const appPort = await freePort();
  const child = app.start(appPort);
  let recorder: Recorder | undefined;
  let proxy: RunningEnvoy | undefined;
  const findings: Finding[] = [];
  const counts = { sent: 0, answered: 0, values: 0, accounted: 0 };
  try {
    await child.ready();
    if (envoy !== undefined) {
      recorder = await startRecorder();
      const sidecarPort = Number(recorder.address.split(':').at(-1));
      proxy = await startEnvoy(envoy.binary, envoy.render, appPort, sidecarPort);
    }
    for (const { id, bytes } of cases) {
      counts.sent++;
      recorder?.take();
      const seen = await exchange(proxy?.port ?? appPort, bytes, timeoutMs);
      const view: RequestView | undefined = recorder === undefined ? viewOfWire(bytes) : recorder.take();
      // No view: the proxy refused the request. No list: the application did, and acted on nothing.
      if (seen === undefined || view === undefined) continue;
      counts.answered++;
      counts.values += seen.length;
      const inspected = canonicalizer.inspect(view);
      if (inspected.truncated) counts.accounted++;
      const unseen = findUnseen(seen, inspected, canonicalizer.value);
      findings.push(...unseen.map((finding) => ({ case: id, app: app.name, ...finding })));
    }
  } finally {
    await proxy?.stop();
    await recorder?.stop();
    await child.stop();
  }
  return { app: app.name, ...counts, findings };
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.js';
import type { Frameworks } from './install.js';

const APPS = fileURLToPath(new URL('apps/', import.meta.url));

/** An application that answers with what it saw. */
export interface App {
  readonly name: string;
  start(port: number): RunningApp;
}

export interface RunningApp {
  /** Rejects when it does not come up. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** The applications whose frameworks are here, and the names of the others. */
export function appsOf({ node, python, php }: Frameworks): { apps: App[]; missing: string[] } {
  const apps: App[] = [];
  const missing: string[] = [];
  const offer = <Home>(name: string, home: Home | undefined, command: (home: Home, port: number) => Command): void => {
    if (home === undefined) missing.push(name);
    else apps.push({ name, start: (port) => new Child(name, command(home, port), port, ENVIRONMENT) });
  };
  offer('express', node, (home, port) => [process.execPath, join(APPS, 'express.mjs'), String(port), home]);
  offer('fastify', node, (home, port) => [process.execPath, join(APPS, 'fastify.mjs'), String(port), home]);
  offer('flask', python, (bin, port) => gunicorn(bin, 'flask_app', port));
  offer('django', python, (bin, port) => gunicorn(bin, 'django_app', port));
  offer('php', php, (binary, port) => [binary, ...PHP, '-S', `127.0.0.1:${port}`, join(APPS, 'php', 'index.php')]);
  return { apps, missing };
}

type Command = readonly [string, ...string[]];

/** Nothing is written beside the sources. */
const ENVIRONMENT = { PYTHONDONTWRITEBYTECODE: '1' };

/** PHP's defaults, with room for bodies as large as what the proxy hands over. */
const PHP = ['-n', '-d', 'post_max_size=8M', '-d', 'max_input_vars=5000', '-d', 'display_errors=0'];

function gunicorn(bin: string, module: string, port: number): Command {
  const listen = ['-b', `127.0.0.1:${port}`, '--chdir', APPS, '--log-level', 'critical'];
  const limits = ['--limit-request-line', '0', '--limit-request-field_size', '0'];
  return [join(bin, 'gunicorn'), ...listen, ...limits, `${module}:app`];
}

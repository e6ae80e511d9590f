import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { envoyBinary, ROOT, renderEnvoy } from './harness/stack.js';

describe('envoy.yaml', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'normgate-envoy-'));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const validate = (file: string) =>
    spawnSync(envoyBinary(), ['--mode', 'validate', '-c', file, '-l', 'error'], { encoding: 'utf8' });

  it('is valid as it stands', () => {
    const { status, stderr } = validate(join(ROOT, 'envoy', 'envoy.yaml'));
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each([
    [
      'every plain value',
      {
        PORT: 1,
        ENVOY_ADMIN_PORT: 2,
        SIDECAR_HOST: '::1',
        SIDECAR_PORT: 3,
        UPSTREAM_HOST: 'app',
        UPSTREAM_PORT: 4,
        FAIL_OPEN: true,
        LISTEN_HOST: '0.0.0.0',
      },
      false,
    ],
    ['an upstream with TLS', { UPSTREAM_HOST: 'app.example', UPSTREAM_PORT: 443 }, true],
  ])('is valid with %s filled in', (_, values, tls) => {
    const yaml = renderEnvoy(values as Record<string, string | number | boolean>, tls);
    for (const value of Object.values(values)) expect(yaml).toContain(String(value));
    const file = join(directory, 'rendered.yaml');
    writeFileSync(file, yaml);
    const { status, stderr } = validate(file);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('takes the snippets of README.md', () => {
    const readme = readFileSync(join(ROOT, 'envoy', 'README.md'), 'utf8');
    const [filter, cluster] = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) =>
      parse(text!.replace(/^ {3}/gm, '')),
    );
    const config = parse(readFileSync(join(ROOT, 'envoy', 'envoy.yaml'), 'utf8'));
    const { listeners, clusters } = config.static_resources;
    const filters = listeners[0].filter_chains[0].filters[0].typed_config.http_filters;
    expect(filters[0].name).toBe(filter[0].name);
    expect(clusters[0].name).toBe(cluster[0].name);
    filters[0] = filter[0];
    clusters[0] = cluster[0];
    const file = join(directory, 'snippets.yaml');
    writeFileSync(file, stringify(config));
    const { status, stderr } = validate(file);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each([
    ['a name that has no place', 'SPEED=9', /SPEED: no such place/],
    ['a value that breaks out of its place', 'UPSTREAM_HOST=a"}\nadmin: {}', /UPSTREAM_HOST: expected a plain word/],
  ])('refuses %s', (_, argument, message) => {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'envoy', 'render.mjs'), argument], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEcho, send } from './harness/http.js';
import { Stack, type StackOptions } from './harness/stack.js';

const FORGED = {
  'X-Normgate-Score': '0.0000',
  'X-Normgate-Verdict': 'forged',
  'X-Normgate-Admin': 'forged',
  X_Normgate_Score: 'forged',
  'X-Normgate_Role': 'forged',
  'X-Envoy-Auth-Failure-Mode-Allowed': 'forged',
};

/** Without Envoy's own removal, as where somebody copied only the filter: the sidecar's must do. */
const withoutEarlyRemoval = (yaml: string): string => {
  const edited = yaml.replace(/^ *early_header_mutation_extensions:\n(?:.*\n)*?(?= *access_log:)/m, '');
  if (edited === yaml) throw new Error('envoy.yaml has no early_header_mutation_extensions before access_log');
  return edited;
};

describe.each<[string, StackOptions]>([
  ['with the shipped configuration', {}],
  ['with the sidecar alone', { editEnvoy: withoutEarlyRemoval }],
])('forged x-normgate headers, %s', (name, options) => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start({ mode: 'monitor', ...options });
  });

  afterAll(() => stack?.stop());

  it('never reach the application', async () => {
    const echo = parseEcho(await send(stack.port, { path: '/echo', headers: FORGED }));
    const ours = echo.headers.filter(([header]) => /^x[-_]normgate/i.test(header));
    const names = ours.map(([header]) => header.toLowerCase());
    expect(names).toContain('x-normgate-score');
    expect(new Set(names).size).toBe(names.length);
    expect(ours.map(([, value]) => value)).not.toContain('forged');
    expect(new Map(ours).get('x-normgate-score')).toMatch(/^[01]\.\d{4}$/);
    if (name.includes('shipped')) expect(JSON.stringify(echo.headers)).not.toContain('forged');
  });
});

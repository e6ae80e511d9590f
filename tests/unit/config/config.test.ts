import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConfigSources, configSchema, describe as describeConfig, loadConfig } from '../../../src/config.js';
import { mergeSources, toVariable } from '../../../src/config-sources.js';
import { ConfigError } from '../../../src/errors.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ng-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(text: string, name = 'config.yaml'): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

function refusal(sources: ConfigSources): ConfigError {
  try {
    loadConfig(sources);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('the configuration was accepted');
}

const flags = (...given: string[]): ConfigSources => ({ flags: given });

describe('sources', () => {
  it('has a default for every key', () => {
    const config = loadConfig();
    expect(config.mode).toBe('monitor');
    expect(config.grpc.listen).toBe('127.0.0.1:9191');
    expect(config.falsePositiveBudget).toBeNull();
    expect(JSON.parse(describeConfig(config))).toEqual(config);
  });

  it('lets a later source override an earlier one, key by key', () => {
    const path = file('mode: enforce\nscore:\n  workers: 2\n  topFields: 5\n  maxWindows: 7\n');
    const env = { NORMGATE_CONFIG: path, NORMGATE_SCORE_TOP_FIELDS: '6', NORMGATE_SCORE_MAX_WINDOWS: '8', PATH: 'x' };
    const config = loadConfig({ env, flags: ['--score.maxWindows=9'] });
    expect(config.mode).toBe('enforce');
    expect(config.score).toMatchObject({ workers: 2, topFields: 6, maxWindows: 9, maxBatchTokens: 512 });
  });

  it('prefers --config over NORMGATE_CONFIG and reads JSON as well', () => {
    const json = file('{"log": {"level": "warn"}}', 'config.json');
    const config = loadConfig({ env: { NORMGATE_CONFIG: '/nowhere' }, flags: [`--config=${json}`] });
    expect(config.log.level).toBe('warn');
  });

  it('gives every key a variable of its own that sets it', () => {
    const paths: string[][] = [];
    const walk = (node: object, path: string[]): void => {
      for (const [name, value] of Object.entries(node)) {
        if (typeof value === 'object' && value !== null && !Array.isArray(value)) walk(value, [...path, name]);
        else paths.push([...path, name]);
      }
    };
    walk(loadConfig(), []);
    const names = paths.map(toVariable);
    expect(new Set(names).size).toBe(paths.length);
    expect(names).toContain('NORMGATE_SCORE_MAX_QUEUE_TOKENS');
    expect(names).toContain('NORMGATE_FALSE_POSITIVE_BUDGET');
    for (const path of paths) {
      const raw = mergeSources({ env: { [toVariable(path)]: 'x' } }, configSchema);
      const value = path.reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], raw);
      expect(String(value)).toBe('x');
    }
  });

  it('reads numbers, booleans, null and lists from text', () => {
    const config = loadConfig({
      env: {
        NORMGATE_CAPTURE_ENABLED: 'true',
        NORMGATE_CAPTURE_DIR: '/tmp/c',
        NORMGATE_CAPTURE_REDACT_NAMES: 'iban, nhs',
      },
      flags: ['--falsePositiveBudget=1e-4', '--model=null', '--log.sampleAllow=.25'],
    });
    expect(config).toMatchObject({ falsePositiveBudget: 0.0001, model: null, log: { sampleAllow: 0.25 } });
    expect(config.capture).toMatchObject({ enabled: true, redactNames: ['iban', 'nhs'] });
    expect(loadConfig(flags('--capture.enabled', '--capture.dir=/tmp/c')).capture.enabled).toBe(true);
  });

  it('ignores empty variables and what Kubernetes sets for a Service of our name', () => {
    const env = {
      NORMGATE_MODE: '',
      NORMGATE_SERVICE_HOST: '10.0.0.1',
      NORMGATE_SERVICE_PORT_GRPC: '9191',
      NORMGATE_PORT: 'tcp://10.0.0.1:9191',
      NORMGATE_PORT_9191_TCP_ADDR: '10.0.0.1',
      NORMGATE_ADMIN_SERVICE_PORT: '8181',
    };
    expect(loadConfig({ env })).toEqual(loadConfig());
  });

  it('takes an empty file for no settings', () => {
    expect(loadConfig(flags(`--config=${file('# nothing yet\n')}`))).toEqual(loadConfig());
  });
});

describe('refusals name key, expectation and value', () => {
  it.each<[string, string, string, string]>([
    ['--mode=block', 'mode', 'one of monitor, enforce', '"block"'],
    ['--score.workers=two', 'score.workers', 'an integer from 1 to 64', '"two"'],
    ['--score.workers=1.5', 'score.workers', 'an integer from 1 to 64', '1.5'],
    ['--score.workers=0', 'score.workers', 'an integer from 1 to 64', '0'],
    ['--score.workers=', 'score.workers', 'an integer from 1 to 64', '""'],
    ['--score.workers=Infinity', 'score.workers', 'an integer from 1 to 64', '"Infinity"'],
    ['--log.sampleAllow=1.01', 'log.sampleAllow', 'a number from 0 to 1', '1.01'],
    ['--capture.enabled=yes', 'capture.enabled', 'true or false', '"yes"'],
    ['--falsePositiveBudget=0', 'falsePositiveBudget', 'above 0 and below 0.5', '0'],
    ['--falsePositiveBudget=0.5', 'falsePositiveBudget', 'above 0 and below 0.5', '0.5'],
    ['--grpc.listen=localhost', 'grpc.listen', 'host:port', '"localhost"'],
    ['--grpc.listen=localhost:70000', 'grpc.listen', 'host:port', '"localhost:70000"'],
    ['--grpc.listen=unix:', 'grpc.listen', 'unix:/path', '"unix:"'],
    [`--grpc.listen=unix:/${'s'.repeat(120)}`, 'grpc.listen', 'at most 100 bytes', 'sss...'],
    ['--grpc.maxRequestBytes=1', 'grpc.maxRequestBytes', 'from 1024', '1'],
  ])('%s', (flag, key, expected, actual) => {
    const [problem, ...rest] = refusal(flags(flag)).problems;
    expect(rest).toEqual([]);
    expect(problem!.key).toBe(key);
    expect(problem!.expected).toContain(expected);
    expect(problem!.actual).toContain(actual);
  });

  it.each<[string, string[], string]>([
    ['capture without a directory', ['--capture.enabled=true'], 'capture.dir'],
    ['in-flight bytes below one Check', ['--grpc.maxInFlightBytes=1048576'], 'grpc.maxInFlightBytes'],
    ['two servers on one address', ['--admin.listen=127.0.0.1:9191'], 'admin.listen'],
    ['value larger than the body', ['--canonicalize.maxBodyBytes=2048'], 'canonicalize.maxValueBytes'],
    ['queue smaller than a batch', ['--score.maxQueueTokens=64'], 'score.maxQueueTokens'],
    ['more body kept than arrives', ['--grpc.maxRequestBytes=4096'], 'capture.bodyBytes'],
    [
      'capture queue below one request',
      ['--capture.enabled', '--capture.dir=/c', '--capture.maxQueueBytes=65536'],
      'capture.maxQueueBytes',
    ],
  ])('contradiction: %s', (_name, given, key) => {
    expect(refusal(flags(...given)).problems.map((problem) => problem.key)).toEqual([key]);
  });

  it('unknown keys, wherever they are given', () => {
    const path = file('grpc:\n  listn: "a"\nextra: 1\n');
    const problems = refusal(flags(`--config=${path}`)).problems;
    expect(problems.map(({ key, actual }) => [key, actual])).toEqual(
      expect.arrayContaining([
        ['grpc.listn', '"a"'],
        ['extra', '1'],
      ]),
    );
    expect(refusal({ env: { NORMGATE_GRPC_LISTN: 'a' } }).message).toContain(
      'NORMGATE_GRPC_LISTN: expected a variable',
    );
    expect(refusal(flags('--grpc.listn=a')).message).toContain('--grpc.listn: expected a flag that exists, got a');
    expect(refusal(flags('--grpc=a')).message).toContain('--grpc: expected a flag that exists');
    expect(refusal(flags('positional')).message).toContain('got positional');
    expect(refusal(flags('--__proto__.x=1')).message).toContain('command line');
  });

  it('says every problem at once', () => {
    expect(refusal(flags('--mode=x', '--score.workers=x')).problems).toHaveLength(2);
  });

  it.each([
    ['missing', () => join(dir, 'missing.yaml'), 'a readable file'],
    ['a directory', () => dir, 'EISDIR'],
    ['not YAML', () => file('a: [1\nb: }'), 'config line 2: expected YAML or JSON'],
    ['a list', () => file('- 1'), 'a mapping of keys to values'],
    ['twice the same key', () => file('mode: monitor\nmode: enforce\n'), 'config line 2'],
    ['a section that is no mapping', () => file('grpc: 7\n'), 'grpc: expected a mapping of keys to values, got 7'],
  ])('a file that is %s', (_name, path, message) => {
    expect(refusal(flags(`--config=${path()}`)).message).toContain(message);
  });

  it('keeps control characters and long values out of the message', () => {
    const { message, exitCode } = refusal(flags(`--mode=\u001b[31m${'x'.repeat(500)}`));
    expect(message).toMatch(/^[\x20-\x7e]{1,200}$/);
    expect(exitCode).toBe(2);
  });
});

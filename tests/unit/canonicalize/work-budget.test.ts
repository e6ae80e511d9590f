import { describe, expect, test } from 'vitest';
import { canonicalize } from '../../../src/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../../src/canonicalize/limits.js';
import { WorkBudget } from '../../../src/canonicalize/work-budget.js';
import { configSchema } from '../../../src/config.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { post, shown } from './requests.js';

const MS = configSchema.parse({}).canonicalize.maxCpuMs;

/** A budget whose clock says so many milliseconds each time that it is asked. */
function budget(answers: readonly number[]) {
  const asked = { started: 0, times: 0 };
  const startClock = () => {
    asked.started++;
    return () => answers[Math.min(asked.times++, answers.length - 1)]!;
  };
  return { asked, budget: new WorkBudget(MS, startClock) };
}

const read = (request: RequestView, answers: readonly number[]) =>
  canonicalize(request, DEFAULT_LIMITS, budget(answers).budget);
/** Values of 1,000 signs, so many of them. */
const form = (count: number): RequestView =>
  post(
    'application/x-www-form-urlencoded',
    Array.from({ length: count }, (_, i) => `v${i}=${"'".repeat(1000)}`).join('&'),
  );

describe('the budget of CPU time', () => {
  test('does not even ask the clock for an ordinary request', () => {
    const { asked, budget: own } = budget([1e9]);
    expect(canonicalize(form(60), DEFAULT_LIMITS, own).limits).toEqual([]);
    expect(asked).toEqual({ started: 0, times: 0 });
  });

  test('changes nothing while there is time', () => {
    const { asked, budget: own } = budget([MS]);
    const within = canonicalize(form(400), DEFAULT_LIMITS, own);
    expect(within).toEqual(canonicalize(form(400), DEFAULT_LIMITS));
    expect(asked.started).toBe(1);
    expect(asked.times).toBeGreaterThan(3);
  });

  test('leaves what there is no time for, and counts it', () => {
    const whole = canonicalize(form(400), DEFAULT_LIMITS);
    const { fields, limits, uninspected, truncated, bytesInspected, bytesReceived } = read(form(400), [0, MS + 1]);
    expect(limits).toEqual(['cpu_time']);
    expect(truncated).toBe(true);
    // The body starts the clock; one stretch is in time, one too late.
    const values = fields.filter(({ value }) => value === "'".repeat(1000));
    expect(values.length).toBeGreaterThan(64);
    expect(values.length).toBeLessThan(135);
    expect(whole.fields.slice(0, values.length)).toEqual(fields.slice(0, values.length));
    const left = uninspected!.get('cpu_time')!;
    expect(left).toBe(bytesReceived - bytesInspected);
    // Separators are nobody's.
    expect(left).toBeGreaterThan((399 - values.length) * 1000);
    expect(left).toBeLessThanOrEqual((400 - values.length) * 1010);
  });

  const MULTIPART = 'multipart/form-data; boundary=B';
  const value = `it's ${'b '.repeat(5000)}`;
  const parts = (count: number): string =>
    Array.from(
      { length: count },
      (_, i) => `--B\r\nContent-Disposition: form-data; name="v${i}"\r\n\r\n${value}\r\n`,
    ).join('');

  test.each([
    ['multipart', MULTIPART, `${parts(90)}--B--`],
    ['a second reading of it', MULTIPART, `${parts(30)}${parts(60).replaceAll('\r\n--B', ' --B')}--B--`],
    ['JSON', 'application/json', JSON.stringify(Array(90).fill(value))],
    ['JSON in JSON', 'application/json', JSON.stringify({ a: JSON.stringify(Array(90).fill(value)) })],
    ['XML', 'application/xml', `<a>${`<b>${value}</b>`.repeat(90)}</a>`],
    ['a form in EBCDIC', 'application/x-www-form-urlencoded; charset=ibm037', `a=%7d&${`b=${value}&`.repeat(90)}`],
  ])('ends the reading of %s', (_, type, body) => {
    const own = { ...DEFAULT_LIMITS, maxValueBytes: 1 << 20 };
    const { fields, limits, bytesInspected, bytesReceived } = canonicalize(
      post(type, body),
      own,
      budget([0, MS + 1]).budget,
    );
    expect(limits).toContain('cpu_time');
    expect(bytesInspected).toBeGreaterThanOrEqual(0);
    expect(bytesInspected).toBeLessThan(bytesReceived);
    const all = canonicalize(post(type, body), own);
    expect(fields.length).toBeGreaterThan(3);
    expect(fields.length).toBeLessThan(all.fields.length);
  });

  test('keeps the request line, headers and structure', () => {
    const request = { ...form(900), target: "/p?q=it's" };
    expect(shown(read(request, [MS + 1]))).toContain("[QUERY]q[VALUE]it's");
    expect(read(request, [MS + 1]).fields.at(-1)!.zone).toBe('structure');
  });

  test('never says that more was left than there is', () => {
    // Each value is read as it stands and in the charset.
    const twice = post(`${MULTIPART}; charset=ibm037`, `${parts(90)}--B--`);
    const { uninspected, bytesInspected, bytesReceived } = read(twice, [MS + 1]);
    expect(bytesInspected).toBe(0);
    expect(uninspected!.get('cpu_time')!).toBe(bytesReceived);
  });
});

describe('its own clock', () => {
  test('bounds a request when there is next to no time', () => {
    expect(canonicalize(form(900), { ...DEFAULT_LIMITS, maxCpuMs: 0 }).limits).toContain('cpu_time');
  });
});

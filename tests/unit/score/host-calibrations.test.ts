import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HostCalibrations } from '../../../src/score/host-calibrations.js';
import { manifestSchema } from '../../../src/score/manifest.js';
import { siteOf } from '../../../src/score/site-of.js';

const salt = '000102030405060708090a0b0c0d0e0f';
const keyOf = (site: string): string =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(site).digest('hex').slice(0, 32);
const table = {
  requests: 999,
  smallestBudget: 1 / 1000,
  survival: [
    [0, 0.5],
    [2, 0.001],
  ] as [number, number][],
  tail: { from: 2, scale: 0.5 },
};
const hosts = { salt, tables: { [keyOf('example.com')]: table } };

describe('sites', () => {
  const cases = JSON.parse(readFileSync(new URL('../../vectors/sites.json', import.meta.url), 'utf8'));
  it.each(cases as { host: string; site: string }[])('%j', ({ host, site }) => {
    expect(siteOf(host)).toBe(site);
  });
});

describe('calibrations of single hosts', () => {
  it('apply to every host of the site and to no other', () => {
    const own = new HostCalibrations(hosts, 0.001);
    expect(own.of('www.Example.com:8080')?.thresholdRaw).toBeCloseTo(2, 12);
    expect(own.of('example.org')).toBeUndefined();
    expect(own.of('')).toBeUndefined();
  });

  it('are left out where their sample cannot show the budget, or their threshold nothing could reach', () => {
    expect(new HostCalibrations(hosts, 0.0001).size).toBe(0);
    expect(new HostCalibrations(hosts, 0.001, 1.5).size).toBe(0);
    expect(new HostCalibrations(hosts, 0.001, 6).size).toBe(1);
  });

  it('are part of the manifest, by hash alone', () => {
    const fixture = JSON.parse(
      readFileSync(new URL('../../fixtures/tiny-bundle/manifest.json', import.meta.url), 'utf8'),
    );
    expect(manifestSchema.safeParse({ ...fixture, hosts }).success).toBe(true);
    const named = { salt, tables: { 'example.com': table } };
    expect(manifestSchema.safeParse({ ...fixture, hosts: named }).success).toBe(false);
  });
});

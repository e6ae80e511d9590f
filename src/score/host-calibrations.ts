import { createHash } from 'node:crypto';
import { Calibration } from './calibration.js';
import { siteOf } from './site-of.js';

/** Manifest `hosts`: tables by the salted hash of a host's site. */
export interface HostTables {
  /** 16 bytes in hex. */
  readonly salt: string;
  readonly tables: Readonly<Record<string, ConstructorParameters<typeof Calibration>[0]>>;
}

/** A host's own calibration, and the raw score at which its requests score 0.5. */
export interface HostCalibration {
  readonly calibration: Calibration;
  readonly thresholdRaw: number;
}

/**
 * Calibrations of single hosts, in bundles that were calibrated with the requests of those hosts.
 *
 * Names are kept as salted hashes, so that reading a bundle does not list the hosts it was made for. A host whose sample
 * cannot show the operator's budget has none and goes by everyone's.
 */
export class HostCalibrations {
  private readonly salt: Buffer;
  private readonly byKey = new Map<string, HostCalibration>();

  /** @param highest no threshold may reach it, or nothing of that host could be denied: the bound of a surprise. */
  constructor({ salt, tables }: HostTables, budget: number, highest = Number.POSITIVE_INFINITY) {
    this.salt = Buffer.from(salt, 'hex');
    for (const [key, table] of Object.entries(tables)) {
      if (budget < table.smallestBudget * (1 - 1e-9)) continue;
      const calibration = new Calibration(table);
      const thresholdRaw = calibration.thresholdFor(budget);
      if (thresholdRaw < highest) this.byKey.set(key, { calibration, thresholdRaw });
    }
  }

  get size(): number {
    return this.byKey.size;
  }

  /** Undefined where the host has no table. Nothing is remembered of a host: clients choose what they send there. */
  of(host: string): HostCalibration | undefined {
    if (this.byKey.size === 0) return undefined;
    const digest = createHash('sha256').update(this.salt).update(siteOf(host)).digest('hex');
    return this.byKey.get(digest.slice(0, 32));
  }
}

/** How much a memory may hold; whatever exceeds it drives out what is least useful, and is counted. */
export interface MemoryLimits {
  /** Hosts. An attacker invents them at will; those that no quorum has seen go first. */
  readonly maxHosts: number;
  /** Fields, on a route and anywhere on the host, together. */
  readonly maxFields: number;
  /** Values. A million takes about 41 MiB under a quorum of three clients, samples aside. */
  readonly maxValues: number;
  /** UTF-16 units of sample values kept to explain and to move to another model. */
  readonly maxSampleUnits: number;
}

export const DEFAULT_MEMORY_LIMITS: MemoryLimits = {
  maxHosts: 1000,
  maxFields: 100_000,
  maxValues: 1_000_000,
  maxSampleUnits: 8_000_000,
};

/** What a condition says about itself; the detail is for people. */
export interface Condition {
  readonly ok: boolean;
  readonly detail?: string;
}

/**
 * Whether the service may take traffic: named conditions, each unmet until somebody proves it. Changes are announced,
 * so that health checks and logs follow.
 */
export class Readiness<Name extends string> {
  private readonly conditions: Map<Name, Condition>;

  /**
   * @param names All conditions there will ever be.
   * @param onChange Told when the whole turns ready or unready.
   */
  constructor(
    names: readonly Name[],
    private readonly onChange?: (ready: boolean) => void,
  ) {
    this.conditions = new Map(names.map((name) => [name, { ok: false, detail: 'not proven yet' }]));
  }

  get ready(): boolean {
    return [...this.conditions.values()].every(({ ok }) => ok);
  }

  set(name: Name, ok: boolean, detail?: string): void {
    const before = this.ready;
    this.conditions.set(name, detail === undefined ? { ok } : { ok, detail });
    if (this.ready !== before) this.onChange?.(this.ready);
  }

  /** For `/readyz`. */
  report(): { ready: boolean; conditions: Record<string, Condition> } {
    return { ready: this.ready, conditions: Object.fromEntries(this.conditions) };
  }
}

import type { LimitName } from './canonical-request.js';
import type { WorkBudget } from './work-budget.js';

/** The account of one request's bytes: which limits bit, and how many bytes each of them left unread. */
export class ByteAccount {
  readonly limits = new Set<LimitName>();
  /** Bytes left unread, by the limit that did it; limits that bit without leaving any are not in it. */
  readonly uninspected = new Map<LimitName, number>();
  private scale = 1;
  private isLate = false;
  /** Bytes that there was no time for. */
  private late = 0;

  constructor(private readonly budget: WorkBudget) {}

  /** From here on, what is read was compressed: each byte of it stands for `scale` bytes received. */
  useScale(scale: number): void {
    this.scale = scale;
  }

  /** Says that a limit bit, whether or not it left anything unread. */
  note(limit: LimitName): void {
    this.limits.add(limit);
  }

  /** Counts bytes that a limit left unread. */
  skip(limit: LimitName, bytes: number): void {
    this.limits.add(limit);
    if (bytes > 0) this.uninspected.set(limit, (this.uninspected.get(limit) ?? 0) + Math.ceil(bytes * this.scale));
  }

  /**
   * Whether there is time for work on bytes that are read already or will be counted otherwise.
   *
   * @param bytes how many.
   */
  hasTime(bytes: number): boolean {
    if (this.budget.allows(bytes)) return true;
    if (!this.isLate) this.limits.add('cpu_time');
    this.isLate = true;
    return false;
  }

  /** The same of bytes that nobody else counts when there is none. */
  hasTimeToRead(bytes: number): boolean {
    if (this.hasTime(bytes)) return true;
    this.late += bytes;
    return false;
  }

  /**
   * Counts what there was no time for; call once, at the end.
   *
   * @param bytesReceived of the whole request: what there was no time for in several readings counts once at most.
   */
  close(bytesReceived: number): void {
    if (this.late > 0)
      this.skip('cpu_time', Math.min(this.late, Math.max(0, bytesReceived - this.total()) / this.scale));
  }

  /** Bytes left unread altogether. */
  total(): number {
    let bytes = 0;
    for (const some of this.uninspected.values()) bytes += some;
    return bytes;
  }
}

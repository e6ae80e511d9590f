/** Milliseconds since some moment. */
export type Clock = () => number;

/**
 * CPU time that reading one request may take. The clock runs for bodies of 64 KiB and more, and from the first 64 KiB of
 * work on, and is asked after each further 64 KiB only: an ordinary request never asks it, so that no verdict hangs on
 * how busy the machine was.
 */
export class WorkBudget {
  private done = 0;
  private next = STRETCH;
  private over = false;
  private elapsed: Clock | undefined;

  /**
   * @param maxMs CPU time at most, in milliseconds.
   * @param startClock starts a clock at zero, which need be exact beyond `maxMs` only.
   */
  constructor(
    private readonly maxMs: number,
    private readonly startClock: (maxMs: number) => Clock = cpuClock,
  ) {}

  /** @param bytes of a body whose reading begins. */
  begin(bytes: number): void {
    if (bytes >= STRETCH) this.elapsed ??= this.startClock(this.maxMs);
  }

  /**
   * @param units UTF-16 units about to be worked on.
   * @returns false when the time is up, and from then on.
   */
  allows(units: number): boolean {
    if (this.over) return false;
    this.done += units + PIECE;
    if (this.done < this.next) return true;
    this.next = this.done + STRETCH;
    if (this.elapsed === undefined) this.elapsed = this.startClock(this.maxMs);
    else this.over = this.elapsed() > this.maxMs;
    return !this.over;
  }
}

/** Half a millisecond to some milliseconds of work. */
const STRETCH = 65_536;
/** What a piece of work costs beside its length, in units. */
const PIECE = 32;

/** What bounds the CPU time of this thread from above: the time that passed, and the CPU time of all threads. */
function cpuClock(maxMs: number): Clock {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const passed = performance.now() - wall;
    // Only where both are over is the time up, and this one costs less to ask.
    if (passed <= maxMs) return passed;
    const { user, system } = process.cpuUsage(cpu);
    return Math.min(passed, (user + system) / 1000);
  };
}

/** Requests in one span of counting; a report covers one to two spans. */
const SPAN = 1000;

interface Span {
  requests: number;
  fullyKnown: number;
  newValues: number;
}

const empty = (): Span => ({ requests: 0, fullyKnown: 0, newValues: 0 });

/** How much of a host's recent traffic was nothing new. */
export class HostProgress {
  private young = empty();
  private old = empty();

  note(fullyKnown: boolean, newValues: number): void {
    if (this.young.requests === SPAN) {
      this.old = this.young;
      this.young = empty();
    }
    this.young.requests++;
    if (fullyKnown) this.young.fullyKnown++;
    this.young.newValues += newValues;
  }

  report(): { recentRequests: number; shareFullyKnown: number; newValuesPerThousand: number } {
    const requests = this.young.requests + this.old.requests;
    const rate = (count: number): number => Math.round((10_000 * count) / requests) / 10_000;
    return {
      recentRequests: requests,
      shareFullyKnown: rate(this.young.fullyKnown + this.old.fullyKnown),
      newValuesPerThousand: Math.round(1000 * rate(this.young.newValues + this.old.newValues)),
    };
  }
}

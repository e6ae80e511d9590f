/** Requests of one client, and those of them that looked like an attack or that the application refused. */
interface Conduct {
  requests: number;
  bad: number;
}

/** A client with fewer may have been unlucky: at a budget of 0.1 %, three in a hundred requests are no accident. */
const MIN_BAD = 3;
const BAD_SHARE = 0.02;
/** Where the base model dislikes the application itself, everybody looks bad: this much worse than the whole log counts. */
const WORSE_THAN_ALL = 4;
/** Above this share a client misbehaves whatever the others do, or many attackers would excuse each other. */
const HOPELESS_SHARE = 0.5;
/** Clients remembered; beyond, those not seen for longest are forgotten. About 20 MB. */
const MAX_CLIENTS = 100_000;

/** Who misbehaves. From such a client nothing is learned, what looks harmless included. */
export class ClientBook {
  private young = new Map<string, Conduct>();
  private old = new Map<string, Conduct>();
  private readonly all: Conduct = { requests: 0, bad: 0 };

  /** Notes one request. */
  note(client: string, bad: boolean): void {
    const conduct = this.young.get(client) ?? this.old.get(client) ?? { requests: 0, bad: 0 };
    for (const one of [conduct, this.all]) {
      one.requests++;
      if (bad) one.bad++;
    }
    if (this.young.size >= MAX_CLIENTS / 2 && !this.young.has(client)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(client, conduct);
  }

  misbehaves(client: string): boolean {
    const conduct = this.young.get(client) ?? this.old.get(client);
    if (conduct === undefined || conduct.bad < MIN_BAD) return false;
    const usual = (WORSE_THAN_ALL * this.all.bad) / this.all.requests;
    return conduct.bad / conduct.requests >= Math.min(HOPELESS_SHARE, Math.max(BAD_SHARE, usual));
  }
}

/** Requests of one client, and those of them that looked like an attack or that the application refused. */
interface Conduct {
  requests: number;
  bad: number;
}

/** A client with fewer may have been unlucky: at a budget of 0.1 %, three in a hundred requests are no accident. */
const MIN_BAD = 3;
const BAD_SHARE = 0.02;
/** Clients remembered; beyond, those not seen for longest are forgotten. About 20 MB. */
const MAX_CLIENTS = 100_000;

/** Who misbehaves. From such a client nothing is learned, what looks harmless included. */
export class ClientBook {
  private young = new Map<string, Conduct>();
  private old = new Map<string, Conduct>();

  /** Notes one request. */
  note(client: string, bad: boolean): void {
    const conduct = this.young.get(client) ?? this.old.get(client) ?? { requests: 0, bad: 0 };
    conduct.requests++;
    if (bad) conduct.bad++;
    if (this.young.size >= MAX_CLIENTS / 2 && !this.young.has(client)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(client, conduct);
  }

  misbehaves(client: string): boolean {
    const conduct = this.young.get(client) ?? this.old.get(client);
    return conduct !== undefined && conduct.bad >= MIN_BAD && conduct.bad >= BAD_SHARE * conduct.requests;
  }
}

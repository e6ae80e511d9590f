import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import { AUTHORIZATION_SERVICE, type HealthRequestMessage, type HealthResponseMessage } from './protocol.js';

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
export const SERVING = 1;
export const NOT_SERVING = 2;
export const SERVICE_UNKNOWN = 3;

type CheckCall = ServerUnaryCall<HealthRequestMessage, HealthResponseMessage>;
type WatchCall = ServerWritableStream<HealthRequestMessage, HealthResponseMessage>;

/**
 * The gRPC health service, https://github.com/grpc/grpc/blob/master/doc/health-checking.md: the server as a whole (`''`)
 * and the authorization service, which share one state. Not serving until somebody says so.
 */
export class Health {
  private serving = false;
  /** Open watch streams, and whether they watch a service that we have. */
  private readonly watchers = new Map<WatchCall, boolean>();

  /** Tells every watcher, once per change. */
  setServing(serving: boolean): void {
    if (serving === this.serving) return;
    this.serving = serving;
    for (const [call, known] of this.watchers) if (known) call.write(this.state());
  }

  /** Ends the watch streams, which would otherwise keep a draining server open for ever. */
  close(): void {
    for (const call of this.watchers.keys()) call.end();
    this.watchers.clear();
  }

  readonly check = (call: CheckCall, reply: sendUnaryData<HealthResponseMessage>): void => {
    if (isKnown(call.request.service)) reply(null, this.state());
    else reply({ code: status.NOT_FOUND, details: 'unknown service' });
  };

  readonly watch = (call: WatchCall): void => {
    const known = isKnown(call.request.service);
    this.watchers.set(call, known);
    call.on('cancelled', () => this.watchers.delete(call));
    // The protocol keeps the stream of an unknown service open instead of failing it.
    call.write(known ? this.state() : { status: SERVICE_UNKNOWN });
  };

  private state(): HealthResponseMessage {
    return { status: this.serving ? SERVING : NOT_SERVING };
  }
}

function isKnown(service: string | undefined): boolean {
  return service === undefined || service === '' || service === AUTHORIZATION_SERVICE;
}

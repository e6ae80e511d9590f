import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  setLogVerbosity,
} from '@grpc/grpc-js';
import type { Mode, NotScoredReason, Verdict } from '../decide/verdict.js';
import { ConfigError, ERRORS, type ErrorCode, NormgateError } from '../errors.js';
import { clearStaleSocket, LISTEN_SYNTAX, parseListenAddress } from '../listen-address.js';
import type { RequestView } from '../request/request-view.js';
import { toRequestView } from './check-request.js';
import { type CheckAnswer, type NotScoredPolicy, toCheckAnswer, unscoredVerdict } from './check-response.js';
import { Health } from './health.js';
import { type CheckResponseMessage, checkMethod, healthMethods } from './protocol.js';

export interface GrpcServerOptions {
  /** `host:port` or `unix:/path`. */
  readonly listen: string;
  /** The proxy's `max_request_bytes`, bytes of body in one Check. */
  readonly maxRequestBytes: number;
  /** Bytes of one Check beside the body. Together they are the receive limit: what exceeds it, the proxy's failure mode decides. */
  readonly headerAllowanceBytes: number;
  /** Sum of the Checks that may be in flight; more are answered as overloaded. */
  readonly maxInFlightBytes: number;
  /** Deadline for callers that set none, in milliseconds. */
  readonly defaultDeadlineMs: number;
  /** How long to go on serving after health says NOT_SERVING, so that the proxy notices first. */
  readonly drainMs: number;
  /** How long calls in flight may take after that; default 5000, well over any proxy's deadline. */
  readonly forceAfterMs?: number;
  readonly notScored: NotScoredPolicy;
  readonly mode: Mode;
  /** The corridor. The signal's reason is a NormgateError with code `deadline` or `cancelled`. */
  readonly inspect: (view: RequestView, signal: AbortSignal) => Promise<Verdict>;
  /** Each Check that the corridor did not answer, with the cause where there is one. */
  readonly onFailure?: (code: ErrorCode, cause?: unknown) => void;
  /** Each Check: milliseconds from its last byte to the answer, gRPC's own work left out. */
  readonly onAnswered?: (milliseconds: number) => void;
}

type CheckCall = ServerUnaryCall<Buffer, CheckResponseMessage>;

/**
 * Answers at this share of the remaining time, at most {@link MAX_MARGIN_MS} early: a verdict that arrives after the
 * caller has given up is worth nothing, a "not scored" just before still lets our policy speak.
 */
const DEADLINE_SHARE = 0.9;
const MAX_MARGIN_MS = 10;

/** The ext_authz gRPC service with health checks, on TCP or a unix socket. */
export class GrpcServer {
  readonly health = new Health();
  private readonly server: Server;
  private readonly receiveLimit: number;
  private bytesInFlight = 0;
  /** Ends the call at once; one for each Check that is not answered yet. */
  private readonly inFlight = new Set<() => void>();

  constructor(private readonly options: GrpcServerOptions) {
    // It writes plain text to stderr, amid our JSON, about what start() throws anyway.
    setLogVerbosity(logVerbosity.NONE);
    this.receiveLimit = options.maxRequestBytes + options.headerAllowanceBytes;
    this.server = new Server({
      // gRPC refuses without telling us, and a proxy that fails open would then let requests pass that nobody counts:
      // up to twice the limit, the refusal is ours.
      'grpc.max_receive_message_length': 2 * this.receiveLimit,
      // Statistics of every call, for a debugging service that we do not offer.
      'grpc.enable_channelz': 0,
    });
    // The message is decoded in the handler: there a malformed one gets our error, and is counted.
    const check = { ...checkMethod, requestDeserialize: (bytes: Buffer) => bytes };
    this.server.addService({ Check: check } as never, { Check: this.check });
    this.server.addService(healthMethods as never, { Check: this.health.check, Watch: this.health.watch });
  }

  /**
   * Binds and accepts calls; health stays NOT_SERVING until {@link Health.setServing}.
   *
   * @returns The address that a client connects to, with the real port where 0 was asked for.
   * @throws ConfigError when the address cannot be bound.
   */
  async start(): Promise<string> {
    const { listen } = this.options;
    const address = parseListenAddress(listen);
    if (address === null) throw new ConfigError({ key: 'grpc.listen', expected: LISTEN_SYNTAX, actual: listen });
    if (address.kind === 'unix') await clearStaleSocket(address.path, 'grpc.listen');
    const target = address.kind === 'unix' ? `unix:${address.path}` : listen;
    const port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(target, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(new ConfigError({ key: 'grpc.listen', expected: 'an address that is free', actual: listen }));
      });
    });
    return address.kind === 'unix' ? target : `${listen.slice(0, listen.lastIndexOf(':'))}:${port}`;
  }

  /** Checks that wait for their answer. */
  get checksInFlight(): number {
    return this.inFlight.size;
  }

  /** Drains and stops: NOT_SERVING, `drainMs` of normal service, then no new calls, then the end of the last one. */
  async stop(): Promise<void> {
    this.health.setServing(false);
    await new Promise((resolve) => setTimeout(resolve, this.options.drainMs));
    this.health.close();
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => {
        for (const abandon of this.inFlight) abandon();
        this.server.forceShutdown();
        resolve();
      }, this.options.forceAfterMs ?? 5000);
      this.server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  private readonly check = (call: CheckCall, reply: sendUnaryData<CheckResponseMessage>): void => {
    const started = performance.now();
    const { options } = this;
    if (call.request.length > this.receiveLimit) {
      this.fail(reply, 'message_too_large');
      return;
    }
    let view: RequestView;
    try {
      view = toRequestView(checkMethod.requestDeserialize(call.request), options);
    } catch (cause) {
      this.fail(reply, 'malformed_check', cause);
      return;
    }

    const size = call.request.length;
    this.bytesInFlight += size;
    let settled = false;
    const settle = (verdict: Verdict): void => {
      if (settled) return;
      const answer = toCheckAnswer(verdict, view, options.notScored);
      settled = true;
      clearTimeout(timer);
      this.bytesInFlight -= size;
      this.inFlight.delete(abandon);
      send(reply, answer);
      options.onAnswered?.(performance.now() - started);
    };
    const giveUp = (reason: NotScoredReason, cause?: unknown): void => {
      if (settled) return;
      options.onFailure?.(reason, cause);
      settle(unscoredVerdict(view, options.mode, reason));
    };

    const abandon = (): void => giveUp('backend_failed');
    this.inFlight.add(abandon);
    const abort = new AbortController();
    const remaining = timeLeft(call, options.defaultDeadlineMs);
    const margin = Math.min(MAX_MARGIN_MS, remaining * (1 - DEADLINE_SHARE));
    let timer = setTimeout(() => {
      abort.abort(new NormgateError('deadline'));
      // The corridor answers aborts at once; this is for the day it does not.
      timer = setTimeout(giveUp, margin / 2, 'deadline');
    }, remaining - margin);
    call.once('cancelled', () => {
      if (settled) return;
      abort.abort(new NormgateError('cancelled'));
      giveUp('cancelled');
    });

    if (this.bytesInFlight > options.maxInFlightBytes) {
      giveUp('overloaded');
      return;
    }
    // Wrapped, so that an inspector that throws before its first await is an internal error like any other.
    Promise.resolve(view)
      .then((request) => options.inspect(request, abort.signal))
      .then(settle)
      .catch((cause: unknown) => giveUp('internal', cause));
  };

  private fail(reply: sendUnaryData<CheckResponseMessage>, code: ErrorCode, cause?: unknown): void {
    this.options.onFailure?.(code, cause);
    send(reply, { error: code });
  }
}

/** Milliseconds until the caller gives up, at least 0. */
function timeLeft(call: CheckCall, defaultMs: number): number {
  const deadline = call.getDeadline();
  const at = deadline instanceof Date ? deadline.getTime() : deadline;
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : defaultMs;
}

function send(reply: sendUnaryData<CheckResponseMessage>, answer: CheckAnswer): void {
  if ('response' in answer) {
    reply(null, answer.response);
    return;
  }
  const { grpcStatus, message } = ERRORS[answer.error];
  reply({ code: grpcStatus, details: message });
}

import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import type { Verdict } from '../../../src/decide/verdict.js';
import type { RequestView } from '../../../src/request/request-view.js';
import { GrpcServer, type GrpcServerOptions } from '../../../src/transport/grpc-server.js';
import {
  type CheckRequestMessage,
  type CheckResponseMessage,
  checkMethod,
  type HttpRequestMessage,
  healthMethods,
} from '../../../src/transport/protocol.js';

export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Headers as `encode_raw_headers: true` sends them. */
export const rawHeaders = (...pairs: [string, string][]): HttpRequestMessage['header_map'] => ({
  headers: pairs.map(([key, value]) => ({ key: bytes(key), raw_value: bytes(value) })),
});

export const checkOf = (http: HttpRequestMessage): CheckRequestMessage => ({ attributes: { request: { http } } });

export const verdictOf = (view: RequestView, overrides: Partial<Verdict> = {}): Verdict => ({
  requestId: view.id,
  action: 'allow',
  wouldDeny: false,
  mode: 'enforce',
  reason: 'normal',
  score: 0.125,
  threshold: 0.5,
  modelId: 'tiny-1',
  fields: [],
  bytesInspected: 1,
  bytesReceived: 1,
  timings: { canonicalize: 0, screen: 0, tokenize: 0, score: 0, total: 0 },
  ...overrides,
});

const OPTIONS: GrpcServerOptions = {
  listen: '127.0.0.1:0',
  maxRequestBytes: 1 << 20,
  headerAllowanceBytes: 1 << 20,
  maxInFlightBytes: 1 << 26,
  defaultDeadlineMs: 5000,
  drainMs: 0,
  notScored: 'failure-mode',
  mode: 'enforce',
  inspect: async (view) => verdictOf(view),
};

/** A running server and a client that speaks to it in bytes. */
export async function startServer(overrides: Partial<GrpcServerOptions> = {}) {
  const server = new GrpcServer({ ...OPTIONS, ...overrides });
  const address = await server.start();
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.enable_channelz': 0,
  });
  const send = (message: Buffer, deadlineMs?: number) =>
    new Promise<CheckResponseMessage>((resolve, reject) => {
      client.makeUnaryRequest(
        checkMethod.path,
        (raw: Buffer) => raw,
        checkMethod.responseDeserialize,
        message,
        deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
        (error, response) => (error ? reject(error) : resolve(response!)),
      );
    });
  return {
    server,
    client,
    address,
    send,
    check: (message: CheckRequestMessage, deadlineMs?: number) =>
      send(checkMethod.requestSerialize(message), deadlineMs),
    health: (service: string) =>
      new Promise<number>((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = healthMethods.Check;
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, response) =>
          error ? reject(error) : resolve(response!.status!),
        );
      }),
    stop: async () => {
      client.close();
      await server.stop();
    },
  };
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: ServiceError) => error,
  );
}

export function headersOf(options: { header: { key?: Buffer; value?: Buffer } }[]): Record<string, string> {
  return Object.fromEntries(options.map(({ header }) => [String(header.key), String(header.value)]));
}

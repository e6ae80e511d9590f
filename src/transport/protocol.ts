import { fileURLToPath } from 'node:url';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/**
 * The decoded messages, as far as they are read or written here. Decoding gives `undefined` for what is absent (no
 * defaults are filled in), numbers for 64-bit integers and enums, and Buffers that are views of the received message.
 */
export interface CheckRequestMessage {
  attributes?: {
    source?: { address?: { socket_address?: { address?: string }; pipe?: { path?: string } } };
    request?: { time?: { seconds?: number; nanos?: number }; http?: HttpRequestMessage };
  };
}

export interface HttpRequestMessage {
  id?: string;
  method?: Buffer;
  headers?: { key?: Buffer; value?: Buffer }[];
  path?: Buffer;
  host?: Buffer;
  scheme?: Buffer;
  size?: number;
  protocol?: Buffer;
  body?: Buffer;
  raw_body?: Buffer;
  header_map?: { headers?: HeaderValueMessage[] };
}

export interface HeaderValueMessage {
  key?: Buffer;
  value?: Buffer;
  raw_value?: Buffer;
}

export interface HeaderValueOptionMessage {
  header: HeaderValueMessage;
  /** `HeaderAppendAction`. */
  append_action: number;
}

/** `google.protobuf.Value`, exactly one key set. */
export interface ValueMessage {
  nullValue?: 0;
  numberValue?: number;
  stringValue?: string;
  boolValue?: boolean;
  listValue?: { values: ValueMessage[] };
}

export interface CheckResponseMessage {
  status: { code: number };
  denied_response?: { status: { code: number }; headers: HeaderValueOptionMessage[]; body: string };
  ok_response?: { headers: HeaderValueOptionMessage[]; headers_to_remove: string[] };
  dynamic_metadata?: { fields: Record<string, ValueMessage> };
}

export interface HealthRequestMessage {
  service?: string;
}

export interface HealthResponseMessage {
  /** `ServingStatus`. */
  status?: number;
}

/** Fully qualified name of the service that Envoy calls; also its name for health checks. */
export const AUTHORIZATION_SERVICE = 'envoy.service.auth.v3.Authorization';

const definitions = loadSync(['envoy/service/auth/v3/external_auth.proto', 'grpc/health/v1/health.proto'], {
  keepCase: true,
  longs: Number,
  defaults: false,
  includeDirs: [fileURLToPath(new URL('../../proto', import.meta.url))],
});

// The loader's types cannot know what the files declare; the interfaces above say it, and tests hold them to the wire.
const methods = (service: string) => definitions[service] as unknown as Record<string, unknown>;

export const checkMethod = methods(AUTHORIZATION_SERVICE).Check as MethodDefinition<
  CheckRequestMessage,
  CheckResponseMessage
>;
export const healthMethods = methods('grpc.health.v1.Health') as unknown as Record<
  'Check' | 'Watch',
  MethodDefinition<HealthRequestMessage, HealthResponseMessage>
>;

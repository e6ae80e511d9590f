/** Where in the request a field was found. `structure` is the one sequence about the request's shape. */
export type Zone = 'structure' | 'path' | 'query' | 'header' | 'cookie' | 'body';

/** One scored unit: a name and its canonical value, and the text that the model reads. */
export interface CanonicalField {
  readonly zone: Zone;
  /** Canonical name with digits folded to 0, at most 60 UTF-16 units; empty for paths and whole bodies. */
  readonly name: string;
  /** Canonical value: decoded to a fixed point, placeholders in place of ids. */
  readonly value: string;
  /** `zone marker, [depth marker], name, VALUE marker, value`: the sequence to tokenize. */
  readonly text: string;
}

/** A limit that bit while reading the request; also the label of its metric, so the list is closed. */
export type LimitName =
  | 'body_bytes'
  | 'fields'
  | 'depth'
  | 'decode_steps'
  | 'value_bytes'
  | 'windows'
  | 'binary'
  | 'content_encoding'
  | 'cpu_time'
  | 'proxy_truncated'
  /** A secret that is not for scoring: the password of Basic. */
  | 'secret'
  /** What follows an upgrade or CONNECT is no request any more. */
  | 'tunnel'
  /** Trailers are announced, which the proxy does not hand over. */
  | 'trailers';

/** What a request is not, although it claims to; also the label of its metric, so the list is closed. */
export type Oddity =
  | 'content_type_missing'
  | 'content_type_wrong'
  | 'content_type_repeated'
  | 'charset'
  | 'dtd'
  | 'malformed';

/** The request as ordered fields, decoded and normalized. */
export interface CanonicalRequest {
  readonly fields: readonly CanonicalField[];
  /** Bytes of target, headers and body that became part of some field, or were recognized as well-formed and safe. */
  readonly bytesInspected: number;
  /** Bytes of target, headers and body that the client sent, as far as is known. */
  readonly bytesReceived: number;
  /** True when some received byte was not inspected, secrets aside. */
  readonly truncated: boolean;
  /** Encodings undone on the way, for people: `percent`, `base64`, `json`, … without duplicates. */
  readonly encodings: readonly string[];
  /** Limits that bit, without duplicates. */
  readonly limits: readonly LimitName[];
  /** Bytes that each limit left uninspected; they add up to what `bytesInspected` lacks. Absent when there are none. */
  readonly uninspected?: ReadonlyMap<LimitName, number>;
  /** Where the request is not what it claims to be, without duplicates; absent when it is. */
  readonly oddities?: readonly Oddity[];
}

/** Goes up whenever the same request may yield other text; a model bundle is tied to it. */
export const CANONICALIZER_VERSION = 7;

/** Explicit bounds of one request's inspection; what exceeds them is counted as not inspected, never silently dropped. */
export interface CanonicalizeLimits {
  /** Body bytes read, after undoing Content-Encoding too; equal to Envoy's `max_request_bytes` in the shipped config. */
  readonly maxBodyBytes: number;
  /** Fields kept apart; the rest is joined into one overflow field a zone and still scored. */
  readonly maxFields: number;
  /** Nesting of JSON, and of values inside values (base64 in JSON in a form). */
  readonly maxDepth: number;
  /** Rounds of decoding a value. Real traffic needs at most 3; each extra round an attacker adds costs them a token. */
  readonly maxDecodeSteps: number;
  /** Bytes of one value read; the head and the tail of longer ones are kept. */
  readonly maxValueBytes: number;
  /** CPU milliseconds for one request; only hostile bodies of hundreds of kilobytes come near. */
  readonly maxCpuMs: number;
}

/** As the configuration has them, but for time: what is read must depend on the request alone. */
export const DEFAULT_LIMITS: CanonicalizeLimits = {
  maxBodyBytes: 1_048_576,
  maxFields: 512,
  maxDepth: 16,
  maxDecodeSteps: 8,
  maxValueBytes: 65_536,
  maxCpuMs: Number.POSITIVE_INFINITY,
};

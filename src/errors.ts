/** How one failure looks on each of our doors. */
export interface ErrorEntry {
  /** gRPC status code, https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  readonly grpcStatus: number;
  /** Status of the same failure over HTTP. */
  readonly httpStatus: number;
  /** The whole text that a peer gets to see: constant, so that no exception text can leak. */
  readonly message: string;
}

/**
 * Every failure that can leave the process while it serves. Closed: the codes are metric labels, and the messages are
 * all that a peer learns. A gRPC status other than OK makes Envoy apply its failure mode (`failure_mode_allow`).
 */
export const ERRORS = {
  malformed_check: { grpcStatus: 3, httpStatus: 400, message: 'malformed Check message' },
  message_too_large: { grpcStatus: 8, httpStatus: 413, message: 'message larger than the receive limit' },
  deadline: { grpcStatus: 4, httpStatus: 504, message: 'not scored before the deadline' },
  overloaded: { grpcStatus: 8, httpStatus: 503, message: 'too much work in flight' },
  cancelled: { grpcStatus: 1, httpStatus: 499, message: 'cancelled by the caller' },
  backend_failed: { grpcStatus: 14, httpStatus: 503, message: 'scoring is unavailable' },
  internal: { grpcStatus: 13, httpStatus: 500, message: 'internal error' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure with a code from the closed table; `cause` stays inside the process. */
export class NormgateError extends Error {
  override readonly name = 'NormgateError';

  constructor(
    readonly code: ErrorCode,
    options?: { cause?: unknown },
  ) {
    super(ERRORS[code].message, options);
  }
}

/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** Dotted key, `grpc.listen`; a file name or flag where no key is known. */
  readonly key: string;
  /** What would have been accepted, as the object of "expected". */
  readonly expected: string;
  /** What was given instead, made printable and at most 80 characters. */
  readonly actual: string;
}

/** A configuration that cannot be used. Commands print the message and exit with {@link ConfigError.exitCode}. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Process exit code for bad usage and bad configuration. */
  readonly exitCode = 2;
  readonly problems: readonly ConfigProblem[];

  constructor(problems: ConfigProblem | readonly ConfigProblem[]) {
    const list = 'key' in problems ? [problems] : problems;
    super(list.map(({ key, expected, actual }) => `${key}: expected ${expected}, got ${actual}`).join('\n'));
    this.problems = list;
  }
}

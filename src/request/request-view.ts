/**
 * One HTTP request as the proxy received it, before anything is decoded.
 *
 * Byte strings hold one byte per UTF-16 unit (Latin-1), so that no byte is lost or merged before the canonicalizer
 * looks at it: `'\xc3\xa9'` is the two bytes of a UTF-8 `é`.
 */
export interface RequestView {
  /** Our id of the request, safe for logs and headers: `[A-Za-z0-9-]{1,64}`. */
  readonly id: string;
  /** Method as a byte string; upper-case by convention, but nothing is assumed. */
  readonly method: string;
  /** Raw request-target with query, as a byte string (RFC 9112 section 3.2: origin, absolute, authority or asterisk form). */
  readonly target: string;
  /** `Host` or `:authority`, as a byte string; empty when absent. */
  readonly host: string;
  /** `HTTP/1.1`, `HTTP/2`, …; empty when unknown. */
  readonly protocol: string;
  /** Headers in arrival order, duplicates kept, pseudo-headers removed; names in lower case, both as byte strings. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Body bytes the proxy handed over; empty when none. */
  readonly body: Buffer;
  /** Bytes of body the client sent as far as is known: the largest of what arrived, `content-length`, and the proxy's own count. */
  readonly bodyBytesReceived: number;
  /** True when part of the body was not handed over, whatever the proxy's flag says (DECISIONS: partial bodies). */
  readonly bodyTruncated: boolean;
  /** Peer address for logs and capture, as the proxy states it; empty when unknown. */
  readonly client: string;
  /** Milliseconds since the Unix epoch at which the request arrived. */
  readonly time: number;
}

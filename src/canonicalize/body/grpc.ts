/** One length-prefixed message of a gRPC body. */
export interface GrpcFrame {
  /** Compressed by `grpc-encoding`. */
  readonly compressed: boolean;
  /** gRPC-Web's trailers: header lines, no message. */
  readonly trailers: boolean;
  readonly message: Buffer;
}

/**
 * Splits a gRPC or gRPC-Web body into frames (gRPC over HTTP/2, "Length-Prefixed-Message"; gRPC-Web protocol). A frame
 * that breaks off is returned as far as it goes.
 *
 * @param text the base64 form, `application/grpc-web-text`.
 * @returns `undefined` when the bytes do not start like a frame.
 */
export function readGrpc(body: Buffer, text: boolean): GrpcFrame[] | undefined {
  // Base64 of several frames may be several base64 texts, each with its padding.
  const bytes = text
    ? Buffer.concat((body.toString('latin1').match(BASE64_TEXT) ?? []).map((part) => Buffer.from(part, 'base64')))
    : body;
  const frames: GrpcFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const flags = bytes[at]!;
    if (at + 5 > bytes.length || (flags & ~0x81) !== 0)
      return frames.length > 0 ? [...frames, rest(bytes, at)] : undefined;
    const from = at + 5;
    const to = Math.min(bytes.length, from + bytes.readUInt32BE(at + 1));
    frames.push({ compressed: (flags & 1) !== 0, trailers: (flags & 0x80) !== 0, message: bytes.subarray(from, to) });
    at = to;
  }
  return frames.length > 0 ? frames : undefined;
}

const BASE64_TEXT = /[A-Za-z0-9+/_-]+={0,2}/g;

function rest(bytes: Buffer, at: number): GrpcFrame {
  return { compressed: false, trailers: false, message: bytes.subarray(at) };
}

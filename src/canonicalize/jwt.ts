import { readJson } from './body/json.js';

const JWT = /^(eyJ[\w-]{4,8192})\.(eyJ[\w-]{4,65536})\.[\w-]*$/;

/** Values and where each stands, side by side. */
export interface JwtReading {
  readonly paths: readonly string[];
  readonly values: readonly string[];
}

/**
 * Claims and odd headers of a JSON Web Token (RFC 7519), which its sender wrote whether or not the signature holds.
 *
 * @returns `undefined` when the text is none.
 */
export function readJwt(text: string, maxDepth: number): JwtReading | undefined {
  const match = JWT.exec(text);
  if (match === null) return undefined;
  const header = readJson(Buffer.from(match[1]!, 'base64url').toString('utf8'), maxDepth);
  const claims = readJson(Buffer.from(match[2]!, 'base64url').toString('utf8'), maxDepth);
  if (!header.wellFormed || !claims.wellFormed) return undefined;
  const paths = [...claims.paths];
  const values = [...claims.values];
  for (let i = 0; i < header.paths.length; i++) {
    if (PLAIN_HEADER.test(header.values[i]!)) continue;
    paths.push(header.paths[i]!);
    values.push(header.values[i]!);
  }
  return { paths, values };
}

/** Algorithm, type and key id, as every token has them; no syntax fits in. */
const PLAIN_HEADER = /^[A-Za-z0-9_+.-]{0,64}$/;

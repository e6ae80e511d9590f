import { textInBase64 } from '../decode/base64.js';
import { boundaryInside } from './multipart.js';

/** The formats that a body may be read as. */
export type BodyKind = 'json' | 'form' | 'multipart' | 'xml' | 'graphql' | 'grpc' | 'protobuf' | 'other';

/** What the Content-Type declares; `other` for text, files and nothing. A list of types counts by its first known one. */
export function declaredKind(contentType: string): BodyKind {
  const type = contentType.toLowerCase();
  if (type.includes('grpc')) return 'grpc';
  if (type.includes('json')) return 'json';
  if (type.includes('urlencoded')) return 'form';
  if (type.includes('multipart/')) return 'multipart';
  if (type.includes('graphql')) return 'graphql';
  if (XML.test(type)) return 'xml';
  return type.includes('protobuf') ? 'protobuf' : 'other';
}

/** Not office documents, whose type mentions XML but which are ZIP files, and not pictures, which are files. */
const XML = /(?:[/+]xml\b|soap)(?!.*officedocument)/;

/** What a body looks like, whatever is declared; `json` and `xml` are a guess that reading confirms. */
export function sniffedKind(bytes: string): BodyKind {
  const first = /\S/.exec(bytes)?.[0];
  if (first === '{' || first === '[') return 'json';
  if (first === '<' || bytes.startsWith('\xef\xbb\xbf<')) return 'xml';
  if (first === '-' && boundaryInside(bytes) !== undefined) return 'multipart';
  // The padding of base64 text is no `=` of a form's.
  return FORM.test(bytes) && !(PADDED.test(bytes) && textInBase64(bytes.trim()) !== undefined) ? 'form' : 'other';
}

const PADDED = /^[A-Za-z0-9+/_\s-]+={1,2}\s*$/;
/** `name=value`, with a name that no markup or prose starts with. */
const FORM = /^[A-Za-z0-9_.[\]%-]{1,60}=/;

import { readJson } from './json.js';
import type { BodyKind } from './media-type.js';
import { boundaryInside, splitMultipart } from './multipart.js';
import { readXml } from './xml.js';

/**
 * Whether a body is what it looks like to its last byte, and no more: well-formed JSON, a multipart body of whole parts, an
 * XML document that says so and has no markup of a page. Its fields then hold all that another reading of the same bytes
 * could find, so that one that fails adds nothing.
 *
 * @param bytes byte string.
 * @param text the same as text.
 */
export function isComplete(kind: BodyKind, bytes: string, text: () => string, maxDepth: number): boolean {
  if (kind === 'json') return readJson(text().replace(BYTE_ORDER_MARK, ''), maxDepth).wellFormed;
  if (kind === 'multipart') return isWhole(bytes);
  return kind === 'xml' && isData(text());
}

const BYTE_ORDER_MARK = /^\ufeff/;

/** Delimiters of plain letters on lines of their own, at the very start and the very end, headers in each part. */
function isWhole(bytes: string): boolean {
  const boundary = boundaryInside(bytes);
  if (boundary === undefined || !PLAIN_BOUNDARY.test(boundary) || !bytes.startsWith(`--${boundary}`)) return false;
  if (!bytes.trimEnd().endsWith(`\n--${boundary}--`)) return false;
  const parts = splitMultipart(bytes, boundary);
  return parts.every(({ name, filenames, odd }) => name !== '' || filenames.length > 0 || odd !== '');
}

const PLAIN_BOUNDARY = /^[\w-]{1,70}$/;

function isData(text: string): boolean {
  if (!DECLARED.test(text) || PAGE.test(text)) return false;
  const xml = readXml(text);
  return xml.wellFormed && !xml.ownDtd;
}

const DECLARED = /^\ufeff?\s*<\?xml\s/;
/** An element of HTML, SVG or MathML that does something, an attribute that runs script, or an address that does. */
const PAGE =
  /<(?:[\w.-]+:)?(?:html|head|body|script|style|svg|math|img|image|picture|i?frame(?:set)?|object|embed|applet|base|link|meta|form|input|button|textarea|select|keygen|isindex|details|dialog|marquee|video|audio|source|track|template|slot|portal|bgsound|layer|animate\w*|set|use|a|b|i|p|u|div|span|table|t[drh]|font|h[1-6]|br|hr|x)[\s/>]|[\s/"'](?:on\w+|style|href|src\w*|action|formaction|data)\s*=|(?:java|vb)script:/i;

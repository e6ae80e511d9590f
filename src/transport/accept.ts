/**
 * Whether the client would rather read HTML than JSON, by `Accept` (RFC 9110 section 12.5.1). HTML only when the client
 * names it: `*\/*` alone, as curl and most libraries send, gets JSON.
 */
export function prefersHtml(accept: string): boolean {
  let html = 0;
  let json: number | undefined;
  let any = 0;
  for (const range of accept.slice(0, MAX_ACCEPT).split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = quality(parameters);
    if (type === 'text/html' || type === 'application/xhtml+xml') html = Math.max(html, q);
    else if (type === 'application/json') json = Math.max(json ?? 0, q);
    else if (type === 'application/*' || type === '*/*') any = Math.max(any, q);
  }
  return html > 0 && (json === undefined ? html >= any : html > json);
}

/** Browsers send under 200 bytes; more is somebody playing. */
const MAX_ACCEPT = 1024;

function quality(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (text === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}

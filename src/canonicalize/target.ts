import type { FieldCollector } from './field-collector.js';
import { MARKERS } from './markers.js';
import { addPairs, splitPairs } from './pairs.js';
import { pathPieces } from './path-pieces.js';
import { resolvePath } from './resolve-path.js';

/** A request-target or URL reference cut into what is scored. */
export interface TargetParts {
  /** Of the absolute form, scheme included; empty otherwise. */
  readonly authority: string;
  readonly path: string;
  /** Without the `?`; empty when there is none. */
  readonly query: string;
}

/** Scheme and an authority that is a plain host: any other may carry a payload, so it is no reason to drop the front. */
const ABSOLUTE =
  /^[A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/(?:[A-Za-z0-9._-]{0,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?(?=[/?#]|$)/;

/** Cuts a request-target in origin, absolute, authority or asterisk form (RFC 9112 section 3.2); byte strings. */
export function splitTarget(target: string): TargetParts {
  const authority = target.startsWith('/') ? '' : (ABSOLUTE.exec(target)?.[0] ?? '');
  const local = target.slice(authority.length);
  const mark = local.indexOf('?');
  const path = mark < 0 ? local : local.slice(0, mark);
  return { authority, path, query: mark < 0 ? '' : local.slice(mark + 1) };
}

/** Adds the path as it stands and, where that differs, as servers resolve it; and every query parameter as one field. */
export function addTarget(collector: FieldCollector, { authority, path, query }: TargetParts, host: string): void {
  // A server that goes by the absolute form is asked for another host than the one it is known by.
  if (authority !== '' && host !== '' && !authority.toLowerCase().endsWith(`://${host.toLowerCase()}`)) {
    collector.add({ zone: 'path', name: 'authority', value: authority, form: 'bytes' });
  }
  if (path !== '' && path !== '/') {
    collector.add({ zone: 'path', name: '', value: path, form: 'bytes' });
    const resolved = resolvePath(path, collector.options.maxDecodeSteps);
    if (resolved !== undefined && resolved !== '/') {
      collector.encodings.add('path');
      collector.add({ zone: 'path', name: '', value: resolved, form: 'text' });
    }
  }
  for (const value of pathPieces(path)) collector.addHidden({ zone: 'path', name: '', value, form: 'bytes' });
  addPairs(collector, 'query', splitPairs(query, '&'));
}

/**
 * Adds Referer's path and query. They read like a request's own, so they carry the same markers: a page's address is
 * scored (and cached) once, whether it is asked for or referred from. An address that is no URL is scored as it stands.
 */
export function addReferer(collector: FieldCollector, value: string): void {
  if (!value.startsWith('/') && !ABSOLUTE.test(value)) {
    collector.add({ zone: 'header', name: 'referer', value, form: 'bytes' });
    return;
  }
  const { path, query } = splitTarget(value);
  if (path !== '' && path !== '/') {
    collector.add({ zone: 'header', name: '', value: path, form: 'bytes', marker: MARKERS.PATH });
  }
  for (const piece of pathPieces(path)) collector.addHidden({ zone: 'header', name: '', value: piece, form: 'bytes' });
  for (const [name, part] of splitPairs(query, '&')) {
    collector.add({ zone: 'header', name, value: part, form: 'bytes', plus: true, marker: MARKERS.QUERY });
  }
}

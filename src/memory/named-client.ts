import type { RequestView } from '../request/request-view.js';

/**
 * The client that a request counts for: the last element of a list header, which is what the nearest proxy has added and
 * no client can forge, or the peer where no header is configured.
 *
 * @param header lower case; null: the peer.
 * @returns empty where the header is missing.
 */
export function namedClient(view: Pick<RequestView, 'client' | 'headers'>, header: string | null): string {
  if (header === null) return view.client;
  const value = view.headers.findLast(([name]) => name === header)?.[1] ?? '';
  return value.slice(value.lastIndexOf(',') + 1).trim();
}

import type { CanonicalField, Zone } from './canonical-request.js';
import { MARKERS } from './markers.js';

/** The marker that a zone's sequences start with. */
export const ZONE_MARKER: Readonly<Record<Zone, string>> = {
  structure: MARKERS.STRUCTURE,
  path: MARKERS.PATH,
  query: MARKERS.QUERY,
  header: MARKERS.HEADER,
  cookie: MARKERS.COOKIE,
  body: MARKERS.BODY,
};

/** A field of canonical text. @param marker everything that stands before the name. */
export function fieldOf(zone: Zone, name: string, value: string, marker = ZONE_MARKER[zone]): CanonicalField {
  return { zone, name, value, text: marker + name + MARKERS.VALUE + value };
}

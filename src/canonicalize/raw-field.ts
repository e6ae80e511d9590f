import type { Zone } from './canonical-request.js';

/** A raw value and how it is to be read. */
export interface RawField {
  readonly zone: Zone;
  /** Name, still encoded. */
  readonly name: string;
  /** Value, still encoded. */
  readonly value: string;
  /** `bytes`: one byte a UTF-16 unit; `text`: the charset is settled (JSON strings). */
  readonly form: 'bytes' | 'text';
  /** `+` is a blank. Default false. */
  readonly plus?: boolean;
  /** The body claimed a format that it does not parse as. */
  readonly malformed?: boolean;
  /** Bytes that the name takes in the request: of a path through a document, the last step. Default: all of it. */
  readonly nameBytes?: number;
  /** The name is no parameter of the request's own. */
  readonly inner?: boolean;
  /** Marker in place of the zone's own, where the text means the same as in another zone (Referer's path). */
  readonly marker?: string;
}

import type { BodyKind, Draft } from './draft.js';

/** A way to hand over the same body otherwise. */
export interface Carrier {
  readonly name: string;
  /** Row of the short table. */
  readonly family: string;
  /** Who reads the body all the same. */
  readonly undoneBy: string;
  readonly kinds: readonly BodyKind[];
  /** False where it is odd in itself, so that no benign client sends it. Default true. */
  readonly benign?: false;
  /** @returns `undefined` where it does not apply. */
  readonly apply: (draft: Draft) => Draft | undefined;
}

/** The body as it stands. */
export const bytesOf = (draft: Draft): Buffer => Buffer.from(draft.body!, 'latin1');

export const typeOf = ({ headers }: Draft): string => headers.find(([name]) => name === 'content-type')![1];

/** The draft with its body changed. */
export const withBody = (draft: Draft, change: (text: string) => string): Draft => ({
  ...draft,
  body: change(draft.body!),
});

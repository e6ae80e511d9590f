import { z } from 'zod';

/** The one bundle layout this version reads; goes up when a field changes its meaning. */
export const SCHEMA_VERSION = 1;

const count = z.int().min(1);
const logit = z.number();
const budget = z.number().gt(0).lt(1);
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'a plain file name');

const survival = z
  .array(z.tuple([logit, z.number().gt(0).max(1)]))
  .min(2)
  .refine((points) => points.every(([x, s], i) => i === 0 || (x > points[i - 1]![0] && s < points[i - 1]![1])), {
    error: 'logits must increase and shares decrease from point to point',
  });

/** `manifest.json` of a bundle. Unknown keys are kept, so that a bundle may say more about its training. */
export const manifestSchema = z.looseObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'lower-case letters, digits, "." and "-", at most 64'),
  createdAt: z.string(),
  parentId: z.string().nullable(),
  canonicalizerVersion: z.int(),
  architecture: z.looseObject({ vocabSize: z.int().min(32).max(65_536), maxLength: count }),
  /** Tokens a window (CLS included), tokens shared by neighbors, longest repeated prefix. */
  window: z
    .strictObject({ tokens: count, overlap: z.int().min(0), prefixTokens: count })
    .refine(({ tokens, overlap, prefixTokens }) => tokens - 1 - prefixTokens - overlap > 0, {
      error: 'tokens must exceed 1 + prefixTokens + overlap, or windows would not advance',
    }),
  pooling: z.strictObject({ kind: z.literal('best-run-mean'), tokens: count, sequenceWeight: z.number() }),
  serve: fileName,
  files: z.record(fileName, z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) })),
  calibration: z.looseObject({
    requests: count,
    smallestBudget: budget,
    /** (logit, share of held-out benign requests at or above it). */
    survival,
    /** From this logit on the share falls as exp(-(x - from) / scale). */
    tail: z.strictObject({ from: logit, scale: z.number().gt(0) }),
  }),
  falsePositiveBudget: budget,
});

export type Manifest = z.infer<typeof manifestSchema>;

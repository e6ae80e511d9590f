import { z } from 'zod';

/**
 * The bundle layouts that this version reads; the number goes up when a field changes its meaning. 1: the Transformer
 * alone. 2, which no program reads any more: with a linear view, both views' judgements of whole fields combined.
 * 3: with a linear view, the judgements of pieces combined.
 */
export const SCHEMA_VERSIONS = [1, 3] as const;

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

const tail = z.strictObject({ from: logit, scale: z.number().gt(0) });
const fieldSurvival = z.looseObject({ fields: count, survival, tail });
/** With the most that the weights of its heads let a logit be, so that the cascade need not ask for what cannot be. */
const transformer = fieldSurvival.extend({ highestLogit: logit.optional() });

const pieces = z
  .strictObject({ units: count, stride: count })
  .refine(({ units, stride }) => units === 2 * stride, { error: 'units must be twice the stride' });

const memory = z.looseObject({
  rule: z.strictObject({
    base: logit,
    routeFrom: count,
    noveltyFree: z.number().min(0),
    noveltyWeight: z.number().min(0),
    lengthWeight: z.number().min(0),
    mostBonus: z.number().min(0),
    mostDiscount: z.number().min(0),
    newsSpan: z.number().gt(0),
  }),
  /** Learned requests of a host from which this table applies to it. */
  matureFrom: count,
  requests: count,
  smallestBudget: budget,
  survival,
  tail,
});

const hex16 = z.string().regex(/^[0-9a-f]{32}$/, '16 bytes in hex');
const hosts = z.strictObject({
  salt: hex16,
  tables: z.record(hex16, z.looseObject({ requests: count, smallestBudget: budget, survival, tail })),
});

/** `manifest.json` of a bundle. Unknown keys are kept, so that a bundle may say more about its training. */
export const manifestSchema = z
  .looseObject({
    schemaVersion: z.literal(SCHEMA_VERSIONS),
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
      tail,
    }),
    /** Survival among benign fields of each view's field logits, the bound of a surprise (-log10 of it), how fields are cut. */
    views: z
      .strictObject({
        surpriseBound: z.number().min(2).max(100),
        pieces,
        transformer,
        linear: fieldSurvival,
      })
      .optional(),
    /** How field memory judges, and the table of requests that it was applied to. Absent: the bundle has none. */
    memory: memory.optional(),
    /** Calibrations of single hosts, by the salted hash of their site. Only in bundles that stay with the hosts' owner. */
    hosts: hosts.optional(),
    falsePositiveBudget: budget,
  })
  .refine(({ schemaVersion, views }) => (schemaVersion === 3) === (views !== undefined), {
    path: ['views'],
    error: 'schema version 3 has views, version 1 has none',
  });

export type Manifest = z.infer<typeof manifestSchema>;

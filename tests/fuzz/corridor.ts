import { fileURLToPath } from 'node:url';
import type { CanonicalRequest } from '../../src/canonicalize/canonical-request.js';
import { DEFAULT_LIMITS } from '../../src/canonicalize/limits.js';
import type { Verdict } from '../../src/decide/verdict.js';
import { Pipeline } from '../../src/pipeline.js';
import type { RequestView } from '../../src/request/request-view.js';
import { loadBundle } from '../../src/score/bundle.js';
import { Calibration } from '../../src/score/calibration.js';
import { CombineRule, type Views } from '../../src/score/combine.js';
import { LinearView } from '../../src/score/linear-view.js';
import { loadNgramModel } from '../../src/score/ngram-file.js';
import type { WindowScore } from '../../src/score/score.js';
import { Scorer } from '../../src/score/scorer.js';
import type { View } from '../../src/score/view.js';
import type { Encoding } from '../../src/tokenize/encoding.js';
import { Tokenizer } from '../../src/tokenize/tokenizer.js';
import { toRequestView } from '../../src/transport/check-request.js';
import { toCheckAnswer } from '../../src/transport/check-response.js';
import { checkMethod } from '../../src/transport/protocol.js';
import { canonicalFault, encodingFault } from './invariants.js';
import { encodeCheck, type FuzzMessage } from './message.js';

const BUNDLE = fileURLToPath(new URL('../fixtures/tiny-bundle', import.meta.url));
const NGRAMS = fileURLToPath(new URL('../fixtures/ngram.bin', import.meta.url));
const MAX_REQUEST_BYTES = 1 << 20;
const MAX_WINDOWS = 512;

/** What a message did. */
export interface Passage {
  /** Broken rule, a few words of ours; `undefined` when all held. */
  readonly fault?: string;
  /** Stack or value, for people. */
  readonly detail?: string;
  /** Of the synchronous rooms: canonicalizing, the linear view, tokenizing. */
  readonly ms: number;
  /** What was scored. `rejected`: the transport could not read the message and never called us. */
  readonly outcome: 'allow' | 'deny' | 'rejected';
}

/** The whole corridor from a serialized CheckRequest to a serialized CheckResponse, with the fixtures' tokenizer and linear view. */
export interface Corridor {
  pass(message: FuzzMessage): Promise<Passage>;
}

/**
 * Builds the corridor.
 *
 * @param view scores windows; default: a hash of their ids, which costs nothing and is the same everywhere.
 */
export async function openCorridor(view: View = HASHING): Promise<Corridor> {
  const { manifest, tokenizerPath } = await loadBundle(BUNDLE);
  const { vocabSize } = manifest.architecture;
  const tokenizer = Tokenizer.load(tokenizerPath, manifest.window, vocabSize);
  const linear = new LinearView(loadNgramModel(NGRAMS));
  const scorer = new Scorer({
    modelId: manifest.id,
    view,
    // Every piece goes to the tokenizer, whatever the linear view says of it.
    second: { linear, pieces: linear.pieceShape, rule: new CombineRule(VIEWS), cascade: false },
    calibration: new Calibration(CALIBRATION),
    budget: 0.1,
    spanOf: (text, ordinal, from, to) => tokenizer.spanOf(text, ordinal, from, to),
  });
  let seen: { canonical?: CanonicalRequest; encoding?: Encoding; error?: unknown } = {};
  const pipeline = new Pipeline({
    mode: 'enforce',
    limits: DEFAULT_LIMITS,
    tokenizer: {
      encode(open, limits) {
        seen.encoding = tokenizer.encode(open, limits);
        return seen.encoding;
      },
    },
    scorer,
    modelId: manifest.id,
    maxWindows: MAX_WINDOWS,
    observe: (_request, canonical) => {
      seen.canonical = canonical;
    },
    onInternalError: (error) => {
      seen.error = error;
    },
  });
  const budget = { shape: manifest.window, vocabSize, maxWindows: MAX_WINDOWS };

  const inspect = async (request: RequestView): Promise<Passage> => {
    seen = {};
    const verdict = await pipeline.inspect(request, new AbortController().signal);
    const ms = verdict.timings.total - verdict.timings.score;
    if (seen.error !== undefined) {
      const { name, stack } = seen.error as Error;
      return { fault: `threw ${name}`, detail: stack, ms, outcome: 'allow' };
    }
    const { canonical, encoding } = seen;
    const fault =
      canonical === undefined || encoding === undefined
        ? 'was not scored'
        : (canonicalFault(canonical, DEFAULT_LIMITS) ??
          encodingFault(encoding, budget) ??
          verdictFault(verdict, request));
    return { fault, ms, outcome: verdict.action };
  };

  return {
    async pass(message) {
      let request: RequestView;
      try {
        request = toRequestView(checkMethod.requestDeserialize(encodeCheck(message)), {
          maxRequestBytes: MAX_REQUEST_BYTES,
        });
      } catch (error) {
        // What protobuf cannot read, gRPC answers for us; what it can, must be read.
        if (message.style === 'wire') return { ms: 0, outcome: 'rejected' };
        return { fault: 'threw while reading', detail: (error as Error).stack, ms: 0, outcome: 'allow' };
      }
      return inspect(request);
    },
  };
}

/** A verdict says what it must, and becomes an answer that Envoy takes: ASCII header values, none of them empty. */
function verdictFault(verdict: Verdict, request: RequestView): string | undefined {
  const { score, bytesInspected, bytesReceived } = verdict;
  if (score === null || !(score >= 0 && score <= 1)) return 'a score out of range';
  if (bytesInspected > bytesReceived) return 'a verdict on more bytes than received';
  const answer = toCheckAnswer(verdict, request, 'failure-mode');
  if (!('response' in answer)) return 'no response';
  const { ok_response, denied_response } = answer.response;
  for (const { header } of ok_response?.headers ?? denied_response?.headers ?? []) {
    if (!/^[\x20-\x7e]+$/.test(header.value?.toString('latin1') ?? '')) return 'a response header that Envoy refuses';
  }
  checkMethod.responseSerialize(answer.response);
  return undefined;
}

/** Of surprises, so that about as many messages are denied as allowed. */
const CALIBRATION: ConstructorParameters<typeof Calibration>[0] = {
  smallestBudget: 0.0001,
  survival: [
    [0, 1],
    [3, 0.1],
    [5, 0.001],
  ],
  tail: { from: 5, scale: 0.5 },
};
const POINTS: Views['linear'] = {
  survival: [
    [-8, 1],
    [0, 0.1],
    [4, 0.001],
  ],
  tail: { from: 4, scale: 1 },
};
const VIEWS: Views = { surpriseBound: 6, transformer: POINTS, linear: POINTS };

/** Logits from -8 to 8, one in thirty above 0, drawn from the ids alone. */
const HASHING: View = {
  name: 'hashing',
  async score({ windows }) {
    const scores = windows.map(({ ids }): WindowScore => {
      let hash = 0x811c9dc5;
      for (const id of ids) hash = Math.imul(hash ^ id, 0x01000193);
      return { logit: 16 * ((hash >>> 0) / 2 ** 32) ** 20 - 8, from: 0, to: Math.min(6, ids.length) };
    });
    return { windows: scores, cacheHits: 0 };
  },
};

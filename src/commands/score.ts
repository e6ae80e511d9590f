import { parseArgs } from 'node:util';
import { showMarkers } from '../canonicalize/markers.js';
import { loadConfig } from '../config.js';
import type { Verdict } from '../decide/verdict.js';
import { ConfigError } from '../errors.js';
import { explain, outline, type Reader } from '../explain/explanation.js';
import { MAX_RAW_BYTES } from '../explain/raw-span.js';
import { spanInValue } from '../explain/span-in-value.js';
import { loadDetector, openPipeline } from '../main.js';
import type { Pipeline } from '../pipeline.js';
import { type ReadRequest, readRequests } from '../request/read-requests.js';
import type { RequestView } from '../request/request-view.js';
import type { FieldScore } from '../score/score.js';
import { type Command, printJson } from './command.js';

/** Requests under way at once: enough to keep the batcher fed, few enough that memory stays flat. */
const IN_FLIGHT = 32;
const PROGRESS_MS = 500;
/** Nobody waits with a deadline; one signal each, since every request listens to its own. */
const neverAborted = (): AbortSignal => new AbortController().signal;

/** `normgate score`: the verdict of each request in a file, without a proxy. */
export const scoreCommand: Command = {
  summary: 'score requests from files, one JSON verdict a line',
  usage: `normgate score [FILE...|-] [--model DIR] [--memory DIR] [--explain] [--strict] [--section.key=value ...]

  FILE       JSON lines (gzip accepted) or one raw HTTP request; - or nothing is standard input
  --model    model bundle; default: the shipped one
  --memory   folder of a field memory, as normgate learn writes it; default: none
  --explain  add to each field the text that decided, its bytes as they came and what is normal there; also known values
  --strict   stop at the first bad line with exit code 1; default: name it on stderr and skip it
  --section.key=value  any setting of the service, such as --falsePositiveBudget=0.01`,

  async run(args) {
    const isSetting = (argument: string): boolean => /^--[A-Za-z]+(?:\.[A-Za-z]+)?=/.test(argument);
    const { values, positionals } = parseArgs({
      args: args.filter((argument) => !isSetting(argument)),
      allowPositionals: true,
      options: {
        model: { type: 'string' },
        memory: { type: 'string' },
        explain: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
      },
    });
    const flags = args.filter(isSetting);
    if (values.model !== undefined) flags.push(`--model=${values.model}`);
    if (values.memory !== undefined) flags.push(`--memory.dir=${values.memory}`);
    const config = loadConfig({ env: process.env, flags: [...flags, '--mode=enforce'] });
    const detector = await loadDetector(config, values.explain ? { spanFloor: 0, showKnown: true } : {});
    try {
      if (values.memory !== undefined && detector.memory?.current() === null) {
        throw new ConfigError({ key: '--memory', expected: 'a folder with memory.bin', actual: values.memory });
      }
      const pipeline = openPipeline(config, detector, {
        onInternalError: (error) => process.stderr.write(`normgate: ${(error as Error).stack}\n`),
      });
      return await scoreAll(pipeline, positionals.length > 0 ? positionals : ['-'], values);
    } finally {
      await detector.close();
    }
  },
};

/** Scores in order of reading while up to {@link IN_FLIGHT} requests are under way. */
async function scoreAll(
  pipeline: Pipeline,
  sources: string[],
  { explain, strict }: { explain: boolean; strict: boolean },
): Promise<number> {
  const progress = new Progress();
  const underWay: Promise<{ item: ReadRequest; verdict: Verdict | null }>[] = [];
  const printNext = async (): Promise<boolean> => {
    const { item, verdict } = await underWay.shift()!;
    if ('error' in item || verdict === null) {
      progress.bad++;
      process.stderr.write(`${item.source}:${item.line}: ${'error' in item ? item.error : 'not scored'}\n`);
      return !strict;
    }
    progress.count(verdict);
    await printJson(verdictLine(item.request.id ?? item.line, verdict, explain ? item.request.view : null));
    return true;
  };
  for await (const item of readRequests(sources)) {
    const verdict = 'error' in item ? Promise.resolve(null) : pipeline.inspect(item.request.view, neverAborted());
    underWay.push(verdict.then((done) => ({ item, verdict: done })));
    if (underWay.length >= IN_FLIGHT && !(await printNext())) return 1;
  }
  while (underWay.length > 0) if (!(await printNext())) return 1;
  progress.end();
  return 0;
}

/** The contract of one verdict line. @param explained the request, where its fields are to be explained. */
function verdictLine(id: string | number, verdict: Verdict, explained: RequestView | null) {
  const { score, threshold, wouldDeny, action, modelId, bytesInspected, bytesReceived } = verdict;
  return {
    id,
    score,
    threshold,
    isAnomaly: wouldDeny,
    action,
    reason: verdict.notScored ?? verdict.reason,
    modelId,
    bytesInspected,
    bytesReceived,
    ...(verdict.memory !== undefined && { memory: verdict.memory }),
    fields: verdict.fields.map((field) => fieldLine(field, explained)),
  };
}

/** An explanation, and the whole value; without one, what the field came to. */
function fieldLine(scored: FieldScore, explained: RequestView | null) {
  if (explained === null) return { ...outline(scored, OWNER), span: spanInValue(scored) };
  return { ...explain(explained, scored, OWNER), value: showMarkers(scored.field.value) };
}

/** The file is the reader's own: nothing is hidden, and JSON carries any text. Bytes are no text. */
const OWNER: Reader = { fit: (text) => text, searched: MAX_RAW_BYTES, bytes: 400 };

/** Counts, and on a terminal tells how far it is. */
class Progress {
  bad = 0;
  private scored = 0;
  private anomalies = 0;
  private readonly started = performance.now();
  private shown = 0;

  count(verdict: Verdict): void {
    this.scored++;
    if (verdict.wouldDeny) this.anomalies++;
    if (process.stderr.isTTY && performance.now() - this.shown > PROGRESS_MS) this.show('\r');
  }

  end(): void {
    if (process.stderr.isTTY) this.show('\r', '\n');
    else if (this.bad > 0) process.stderr.write(`skipped ${this.bad} bad lines\n`);
  }

  private show(before: string, after = ''): void {
    this.shown = performance.now();
    const rate = Math.round(this.scored / ((this.shown - this.started) / 1000));
    const text = `${this.scored} scored, ${this.anomalies} anomalous, ${this.bad} bad lines, ${rate}/s`;
    process.stderr.write(`${before}${text.padEnd(70)}${after}`);
  }
}

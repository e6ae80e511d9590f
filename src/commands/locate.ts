import { canonicalize } from '../canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../canonicalize/limits.js';
import { rawSpan } from '../explain/raw-span.js';
import { requestFromJson } from '../request/from-json.js';
import { readLines } from '../request/read-lines.js';
import { type Command, printJson } from './command.js';

/** `normgate locate`: the bytes of a request that a stretch of canonical text came from; the trainer's reports ask it. */
export const locateCommand: Command = {
  summary: 'tell which bytes of a request a stretch of its canonical text came from',
  usage: `normgate locate

  Standard input: one JSON object a line, {"request": …, "text": "a sequence of it", "span": [from, to]}, the span in
  UTF-16 units of the text. Standard output: {"part", "header", "from", "to", "bytes"} a line, bytes as Base64, or null
  where the stretch does not map.`,

  async run() {
    let line = 0;
    for await (const text of readLines(process.stdin)) {
      line++;
      const found = locate(text);
      if (found === undefined) {
        process.stderr.write(`-:${line}: expected a request, a sequence of it and a span\n`);
        return 1;
      }
      await printJson(found && { ...found, bytes: Buffer.from(found.bytes, 'latin1').toString('base64') });
    }
    return 0;
  },
};

function locate(line: string) {
  try {
    const { request, text, span } = JSON.parse(line);
    const { view } = requestFromJson(request, '-');
    const field = canonicalize(view, DEFAULT_LIMITS).fields.find((one) => one.text === text);
    const isSpan = Array.isArray(span) && span.length === 2 && span.every(Number.isInteger);
    if (field === undefined || !isSpan) return undefined;
    return rawSpan(view, field, span as [number, number]);
  } catch {
    return undefined;
  }
}

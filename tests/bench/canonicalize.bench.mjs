// What does it cost to read a request, by kind and size, and what at most, when it is made to be costly?
import { canonicalize } from '../../dist/canonicalize/canonicalize.js';
import { DEFAULT_LIMITS } from '../../dist/canonicalize/limits.js';
import { requestFromJson } from '../../dist/request/from-json.js';
import { compare, finish } from './measure.mjs';
import { jsonPost, typicalGet } from './requests.mjs';

const PROSE =
  "The shoes arrived on Tuesday; they're a bit narrow, but my wife's cousin (who wears 42) loves them. Would buy again! ";
const FORM = 'application/x-www-form-urlencoded';
const MEGABYTE = 1_000_000;

const fill = (text, bytes) => text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes);
const post = (type, body) => ({
  ...typicalGet(),
  method: 'POST',
  headers: [...typicalGet().headers, ['content-type', type]],
  body,
});
const part = (parameters, content) => `--XX\r\nContent-Disposition: form-data; ${parameters}\r\n\r\n${content}\r\n`;
const multipart = (bytes) =>
  `${part('name="title"', "My wife's shoes")}${part('name="file"; filename="review.txt"\r\nContent-Type: text/plain', fill(PROSE, bytes))}--XX--\r\n`;

const ORDINARY = {
  get: typicalGet(),
  form1k: post(FORM, `name=O%27Brien&note=${encodeURIComponent(fill(PROSE, 700))}&city=K%C3%B6ln&terms=on`),
  json16k: jsonPost(16),
  json64k: jsonPost(64),
  multipart64k: post('multipart/form-data; boundary=XX', multipart(65_000)),
  text64k: post('text/plain', fill(PROSE, 65_536)),
  percent64k: post(FORM, `note=${fill('%C3%A9%27%20', 65_520)}`),
};
const COSTLY = {
  jsonNumbers1m: post('application/json', `[${fill('1,', MEGABYTE)}1]`),
  jsonEmpty1m: post('application/json', fill('[]', MEGABYTE)),
  formPairs1m: post(FORM, fill('a&', MEGABYTE)),
  entities1m: post(FORM, fill('&#', MEGABYTE)),
  backslashes1m: post('application/json', `{"a":"${fill('\\', MEGABYTE)}"}`),
  delimiters1m: post('multipart/form-data; boundary=a', fill('--a', MEGABYTE)),
};

const figures = {};
for (const [requests, options] of [
  [ORDINARY, { rounds: 100, warmUp: 100 }],
  [COSTLY, { rounds: 5, warmUp: 1 }],
]) {
  for (const [name, request] of Object.entries(requests)) {
    const { view } = requestFromJson(request, 'bench');
    const { bytesReceived, fields } = canonicalize(view, DEFAULT_LIMITS);
    const perCall = name === 'get' || name === 'form1k' ? 100 : 1;
    const { us } = await compare({ us: () => canonicalize(view, DEFAULT_LIMITS) }, { ...options, perCall });
    const perKb = us / (bytesReceived / 1024);
    figures[name] = { bytes: bytesReceived, fields: fields.length, us, usPerKb: perKb };
    console.log(
      `${name.padEnd(14)} ${bytesReceived} B, ${fields.length} fields: ${us.toFixed(1)} µs, ${perKb.toFixed(1)} µs/KB`,
    );
  }
}
finish('canonicalize', figures);

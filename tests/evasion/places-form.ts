import { type Draft, multipart, type Part, post } from './draft.js';
import { type Content, inCrowd, type Value } from './evasion.js';
import type { Place } from './places.js';
import { controls, percentEncoded } from './write.js';

const FORM = 'application/x-www-form-urlencoded';

const first = ({ values }: Content): Value => values[0]!;

const form =
  (path: string, name: string, others: string) =>
  (content: Content): Draft => {
    const own = content.values.map((value) => `${name}=${percentEncoded(value)}`);
    const crowd = content.crowd.map(([key, value]) => `${key}=${percentEncoded({ bytes: value })}`);
    return post('form', path, FORM, [others, ...inCrowd(crowd, own)].join('&'));
  };

const field = (name: string, content: string, more = ''): Part => ({
  head: `Content-Disposition: form-data; name="${name}"${more}`,
  content,
});
/** As RFC 2183 quotes it, and curl. */
const quoted = (bytes: string): string => bytes.replaceAll('"', '\\"');
const file = (name: string, type: string, content: string): Part =>
  field('file', content, `; filename="${name}"\r\nContent-Type: ${type}`);
const PROSE = 'It fits the corner behind the door.';
const upload = (parts: readonly Part[], { crowd }: Content = { values: [], crowd: [] }): Draft =>
  multipart(
    '/upload',
    inCrowd(
      crowd.map(([key, value]) => field(key, value)),
      parts,
    ),
  );

/** Places in forms, urlencoded and multipart. */
export const FORM_PLACES: readonly Place[] = [
  {
    name: 'form email',
    group: 'form',
    benign: 'name',
    percent: true,
    repeats: 'joined',
    crowds: true,
    build: form('/login', 'email', 'remember=on'),
  },
  {
    name: 'form message',
    group: 'form',
    benign: 'comment',
    percent: true,
    repeats: 'joined',
    crowds: true,
    roomy: true,
    build: form('/contact', 'message', 'name=Aoife&subject=Delivery'),
  },
  {
    name: 'form street',
    group: 'form',
    benign: 'street',
    percent: true,
    repeats: 'joined',
    crowds: true,
    build: form('/account', 'street', 'city=Dublin&zip=D02+X285'),
  },
  {
    name: 'form name',
    group: 'names',
    benign: 'plain',
    percent: true,
    short: true,
    build: (content) => post('form', '/contact', FORM, `name=Aoife&${percentEncoded(first(content))}=1`),
  },
  {
    name: 'multipart caption',
    group: 'multipart',
    roomy: true,
    benign: 'title',
    repeats: 'joined',
    crowds: true,
    build: (content) =>
      upload(
        [...content.values.map(({ bytes }) => field('caption', bytes)), file('lamp.txt', 'text/plain', PROSE)],
        content,
      ),
  },
  {
    name: 'file name',
    group: 'multipart',
    benign: 'file',
    short: true,
    build: (content) => {
      const { bytes } = first(content);
      if (controls(bytes)) return undefined;
      return upload([field('caption', 'The new lamp'), file(quoted(bytes), 'text/plain', PROSE)]);
    },
  },
  {
    name: 'part header',
    group: 'multipart',
    benign: 'plain',
    short: true,
    build: (content) => {
      const { bytes } = first(content);
      if (controls(bytes)) return undefined;
      return upload([
        field('caption', 'The new lamp', `\r\nX-Source: ${bytes}`),
        file('lamp.txt', 'text/plain', PROSE),
      ]);
    },
  },
  {
    name: 'text file',
    group: 'multipart',
    benign: 'comment',
    build: (content) => upload([field('caption', 'Notes'), file('notes.txt', 'text/plain', first(content).bytes)]),
  },
  {
    name: 'part name',
    group: 'names',
    benign: 'plain',
    short: true,
    build: (content) => {
      const { bytes } = first(content);
      return controls(bytes) ? undefined : upload([field(quoted(bytes), '1'), field('caption', 'The new lamp')]);
    },
  },
];

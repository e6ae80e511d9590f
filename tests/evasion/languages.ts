import { asMessage } from './as-message.js';
import { type Evasion, once, utf8 } from './evasion.js';
import type { AttackClass } from './payloads.js';

/** Letters in changing case, from the text alone, so that every run has the same. */
function changingCase(text: string): string {
  let seed = 7;
  return text.replace(/[A-Za-z]/g, (letter) => {
    seed = (seed * 48_271) % 0x7fffffff;
    return seed & 64 ? letter.toUpperCase() : letter.toLowerCase();
  });
}

const unless = (text: string, changed: string): ReturnType<typeof once> | undefined =>
  changed === text ? undefined : once(utf8(changed));

/** Blanks of the language, those inside quotes too: they separate words there as well. */
const blanks = (text: string, by: string): string => text.replaceAll(' ', by);

const SQL: readonly AttackClass[] = ['sql'];
const BLANKS: readonly AttackClass[] = ['sql', 'xss', 'shell', 'xxe', 'php'];

/** Other ways to say the same in the payload's own language. The order is that of the table. */
export const REWRITINGS: readonly Evasion[] = [
  {
    name: 'changing case',
    family: 'changing case',
    undoneBy: 'SQL, HTML names, LDAP, URL schemes: case does not matter',
    classes: ['sql', 'ldap'],
    apply: (text) => unless(text, changingCase(text)),
  },
  {
    name: 'changing case of tags',
    family: 'changing case',
    undoneBy: 'HTML, PHP',
    classes: ['xss', 'php'],
    benign: false,
    apply: (text) => unless(text, text.replace(/<[/?]?\w+|\bon\w+|\bsrc\b|\bsystem\b/g, changingCase)),
  },
  {
    name: 'tabs for blanks',
    family: 'other blanks',
    undoneBy: 'the language',
    classes: BLANKS,
    apply: (text) => unless(text, blanks(text, '\t')),
  },
  {
    name: 'line feeds for blanks',
    family: 'other blanks',
    undoneBy: 'the language',
    classes: SQL,
    apply: (text) => unless(text, blanks(text, '\n')),
  },
  {
    name: 'CR LF for blanks',
    family: 'other blanks',
    undoneBy: 'the language',
    classes: ['sql', 'xss', 'xxe', 'php'],
    apply: (text) => unless(text, blanks(text, '\r\n')),
  },
  {
    name: 'many blanks',
    family: 'other blanks',
    undoneBy: 'the language',
    classes: BLANKS,
    apply: (text) => unless(text, blanks(text, '      ')),
  },
  {
    name: 'vertical tabs for blanks',
    family: 'other blanks',
    undoneBy: 'MySQL, PostgreSQL, SQL Server',
    classes: SQL,
    apply: (text) => unless(text, blanks(text, '\x0b')),
  },
  {
    name: 'form feeds for blanks',
    family: 'other blanks',
    undoneBy: 'MySQL, PostgreSQL; HTML between attributes',
    classes: ['sql', 'xss'],
    apply: (text) => unless(text, blanks(text, '\x0c')),
  },
  {
    name: 'byte A0 for blanks',
    family: 'other blanks',
    undoneBy: 'MySQL with a Latin-1 connection',
    classes: SQL,
    // Beside UTF-8 the byte would be no text in any charset.
    apply: (text) => (/^[ -~]* [ -~]*$/.test(text) ? once(blanks(text, '\xa0')) : undefined),
  },
  {
    name: 'no-break spaces for blanks',
    family: 'other blanks',
    undoneBy: 'MySQL, SQL Server, text filters',
    classes: SQL,
    apply: (text) => unless(text, blanks(text, '\u00a0')),
  },
  {
    name: '+ for blanks',
    family: 'other blanks',
    undoneBy: 'forms and queries',
    percent: true,
    apply: (text) => (text.includes(' ') ? once(encodeURIComponent(text).replaceAll('%20', '+'), true) : undefined),
  },
  {
    name: '/**/ for blanks',
    family: 'SQL comments, brackets',
    undoneBy: 'SQL',
    classes: SQL,
    benign: false,
    apply: (text) => unless(text, blanks(text, '/**/')),
  },
  {
    name: '/* words */ for blanks',
    family: 'SQL comments, brackets',
    undoneBy: 'SQL',
    classes: SQL,
    benign: false,
    apply: (text, { words }) => {
      const fill = words(40)
        .replace(/[^A-Za-z ]/g, '')
        .split(/ +/);
      let at = 0;
      return unless(
        text,
        text.replaceAll(' ', () => `/*${fill[at++ % fill.length]} ${fill[at++ % fill.length]}*/`),
      );
    },
  },
  {
    name: '/**/ inside words',
    family: 'SQL comments, brackets',
    undoneBy: 'filters that strip comments',
    classes: SQL,
    benign: false,
    apply: (text) => unless(text, text.replace(/\b([A-Z]{2})([A-Z]{2,})\b/g, '$1/**/$2')),
  },
  {
    name: '/*! … */',
    family: 'SQL comments, brackets',
    undoneBy: 'MySQL, MariaDB',
    classes: SQL,
    benign: false,
    apply: (text) => unless(text, text.replace(/\b(?:UNION|SELECT|FROM|OR|AND|ORDER)\b/g, '/*!50000$&*/')),
  },
  {
    name: 'line comments for blanks',
    family: 'SQL comments, brackets',
    undoneBy: 'SQL',
    classes: SQL,
    benign: false,
    apply: (text) => unless(text, text.replace(/ (?=[A-Z(])/g, '-- x\n')),
  },
  {
    name: 'brackets for blanks',
    family: 'SQL comments, brackets',
    undoneBy: 'SQL',
    classes: SQL,
    benign: false,
    apply: (text) =>
      unless(
        text,
        text.replace(/ (?:username, password|1=1|1)(?= |$)/g, (item) => `(${item.trim()})`),
      ),
  },
  {
    name: '<!-- --> inside words',
    family: 'HTML comments, slashes, attributes',
    undoneBy: 'filters that strip comments',
    classes: ['xss'],
    benign: false,
    apply: (text) =>
      unless(
        text,
        text.replace(/(scr)(ipt)|(on)(error)/g, (word) => `${word.slice(0, 3)}<!-- -->${word.slice(3)}`),
      ),
  },
  {
    name: 'slashes for blanks in tags',
    family: 'HTML comments, slashes, attributes',
    undoneBy: 'HTML',
    classes: ['xss'],
    benign: false,
    apply: (text) => unless(text, text.replace(/(?<=<[^>]*) /g, '/')),
  },
  {
    name: 'benign attributes woven in',
    family: 'HTML comments, slashes, attributes',
    undoneBy: 'HTML',
    classes: ['xss'],
    benign: false,
    apply: (text) =>
      unless(text, text.replace(/(?<=<(?:script|img))/g, ' class="photo large" title="My kitchen after the move"')),
  },
  {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a shell's variable, not ours.
    name: '${IFS} for blanks',
    family: 'shell quoting, nested lookups',
    undoneBy: 'shells',
    classes: ['shell'],
    benign: false,
    apply: (text) => unless(text, text.replace(/(?<=\w) (?=\S)/g, '$${IFS}')),
  },
  {
    name: 'quotes inside words',
    family: 'shell quoting, nested lookups',
    undoneBy: 'shells',
    classes: ['shell'],
    benign: false,
    apply: (text) => unless(text, text.replace(/\b(ca|cur|pass)(\w+)/g, "$1''$2")),
  },
  {
    name: 'backslashes inside words',
    family: 'shell quoting, nested lookups',
    undoneBy: 'shells',
    classes: ['shell'],
    benign: false,
    apply: (text) => unless(text, text.replace(/\b(c)(at|url)\b/g, '$1\\$2').replace('passwd', 'pass\\wd')),
  },
  {
    name: 'nested lookups',
    family: 'shell quoting, nested lookups',
    undoneBy: 'Log4j 2',
    classes: ['jndi'],
    benign: false,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Log4j's templates.
    apply: (text) => unless(text, text.replace('${jndi:ldap', '${${lower:j}${::-n}d${env:NOTHING:-i}:${lower:l}dap')),
  },
  {
    name: 'backslashes for slashes',
    family: 'path tricks, null byte',
    undoneBy: 'Windows',
    classes: ['traversal'],
    benign: false,
    apply: (text) => unless(text, text.replaceAll('/', '\\')),
  },
  {
    name: '..;/',
    family: 'path tricks, null byte',
    undoneBy: 'Tomcat and other servlet containers',
    classes: ['traversal'],
    benign: false,
    apply: (text) => unless(text, text.replaceAll('../', '..;/')),
  },
  {
    name: '....//',
    family: 'path tricks, null byte',
    undoneBy: 'filters that strip ../ once',
    classes: ['traversal'],
    benign: false,
    apply: (text) => unless(text, text.replaceAll('../', '....//')),
  },
  {
    name: '/./ and //',
    family: 'path tricks, null byte',
    undoneBy: 'file systems',
    classes: ['traversal'],
    benign: false,
    apply: (text) => unless(text, text.replaceAll('../', '..//./')),
  },
  {
    name: 'null byte and suffix',
    family: 'path tricks, null byte',
    undoneBy: 'C strings',
    classes: ['traversal', 'php', 'shell'],
    benign: false,
    apply: (text) => once(utf8(`${text}\0.png`)),
  },
  {
    name: 'control byte behind',
    family: 'control byte behind',
    undoneBy: 'applications that take a text as it comes',
    classes: BLANKS,
    benign: false,
    apply: (text) => once(utf8(`${text}\x01`)),
  },
  {
    name: 'control byte behind, a protobuf message',
    family: 'control byte behind',
    undoneBy: 'SQL: any blanks, and whatever stands behind a comment',
    classes: SQL,
    benign: false,
    apply: (text) => {
      const message = asMessage(text.endsWith('-') ? text : `${text}' -- -`);
      return message === undefined ? undefined : once(message);
    },
  },
];

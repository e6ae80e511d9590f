/** Code as it stands in comments of people who ask or answer under the shop's guides, and in Markdown. */
import { makeSentence } from './prose.mjs';

/** @typedef {import('../random.mjs').Random} Random */

const NAMES =
  `count total price items temp humidity sensor value result row user name list index i n x y max_value lastSeen isOpen led pin delay buffer reading avg threshold retries config payload order stock`.split(
    ' ',
  );
const TABLES = 'users orders readings sensors products log_2025 stations customers items'.split(' ');
const FILES = 'readings.csv setup.sh notes.txt main.py station.log config.yaml photo.jpg backup.tar.gz index.md'.split(
  ' ',
);

/**
 * A snippet of code without prose around it.
 * @param {Random} random
 * @returns {{language: string, code: string}}
 */
export function makeSnippet(random) {
  const a = random.pick(NAMES);
  const b = random.pick(NAMES);
  const c = random.pick(NAMES);
  const table = random.pick(TABLES);
  const file = random.pick(FILES);
  const n = random.int(1, 500);
  return random.pick([
    { language: 'js', code: `if (${a} < ${b} && ${c} > ${n}) { return "x"; }` },
    { language: 'js', code: `const ${a} = ${b}.map((${c}) => ${c}.value * ${n}).filter(Boolean);` },
    { language: 'js', code: `for (let i = 0; i < ${n}; i++) {\n  ${a}[i] += ${b}; // ${c}\n}` },
    { language: 'js', code: `console.log(\`${a}: \${${b}.toFixed(2)}\`);` },
    { language: 'js', code: `await fetch('/api/${a}?limit=${n}').then((r) => r.json());` },
    { language: 'python', code: `for ${a} in range(${n}):\n    print(f"{${a}}: {${b}[${a}]:.1f}")` },
    { language: 'python', code: `${a} = {k: v for k, v in ${b}.items() if v > ${n}}` },
    { language: 'python', code: `with open("${file}") as f:\n    ${a} = [line.split(",") for line in f]` },
    { language: 'python', code: `import time\nwhile True:\n    ${a} = read_${b}()\n    time.sleep(${n})` },
    { language: 'sql', code: `SELECT name FROM ${table}` },
    {
      language: 'sql',
      code: `SELECT ${a}, avg(${b}) FROM ${table} WHERE ${c} > ${n} GROUP BY ${a} ORDER BY 2 DESC LIMIT 10;`,
    },
    { language: 'sql', code: `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, ${a} TEXT NOT NULL, ${b} REAL);` },
    { language: 'sql', code: `INSERT INTO ${table} (${a}, ${b}) VALUES ('kitchen', ${n}.5);` },
    { language: 'sql', code: `UPDATE ${table} SET ${a} = ${a} + 1 WHERE id = ${n};` },
    { language: 'sh', code: `ls -la ~/${a} | sort -k5 -n | tail -${random.int(2, 20)}` },
    { language: 'sh', code: `cp ${file} ~/backup/ && git commit -am "add ${a}"` },
    { language: 'sh', code: `grep -c ${a} ${file}` },
    { language: 'sh', code: `sudo apt install python3-venv && python3 -m venv .venv` },
    { language: 'sh', code: `crontab -e  # */${random.int(2, 30)} * * * * ~/${file.replace(/\..*/, '')}.sh` },
    { language: 'cpp', code: `digitalWrite(${n % 14}, ${a} > ${n} ? HIGH : LOW); delay(${n});` },
    {
      language: 'cpp',
      code: `#include <Wire.h>\nvoid setup() { Serial.begin(9600); }\nvoid loop() { Serial.println(${a}); }`,
    },
    { language: 'cpp', code: `for (auto &${a} : ${b}s) sum += ${a}->${c} / ${n}.0;` },
    { language: 'css', code: `.${a} > li:first-child { margin: 0 ${n}px; color: #${random.hex(6)}; }` },
    { language: 'json', code: `{"${a}": [${n}, ${n + 1}], "${b}": {"${c}": true}}` },
    { language: 'yaml', code: `${a}:\n  - ${b}: ${n}\n    ${c}: "on"` },
    { language: 'rust', code: `let ${a}: Vec<u32> = ${b}.iter().map(|${c}| ${c} + ${n}).collect();` },
    { language: 'go', code: `if err := ${a}.${b}(ctx, ${n}); err != nil { return fmt.Errorf("${c}: %w", err) }` },
    { language: 'regex', code: `^[a-z0-9_-]{${random.int(2, 4)},${random.int(8, 32)}}$` },
    { language: 'math', code: `f(x) = ${n}x^2 + ${random.int(1, 9)}x - ${random.int(1, 99)}, x >= 0` },
    { language: 'xpath', code: `//table[@id='${a}']/tbody/tr[${random.int(1, 9)}]/td[2]` },
  ]);
}

const AROUND = [
  ['I do it like this: ', ' and it works.'],
  ['Why does ', ' not compile?'],
  ['Replace the third line by\r\n', '\r\nthen upload again.'],
  ['In the tutorial you write "', '", but that is slow for large tables.'],
  ['Just type ', ' in a terminal, wait, done.'],
  ['My solution:\r\n\r\n', '\r\n\r\nIs that OK?'],
  ['Shouldn’t it be ', ' instead?'],
  ['For beginners: ', ' means that all rows are shown.'],
];

/**
 * Prose with code in it, plain text.
 * @param {Random} random
 */
export function makeCodeComment(random) {
  const [before, after] = random.pick(AROUND);
  const more = random.chance(0.5) ? ` ${makeSentence(random)}` : '';
  return `${before}${makeSnippet(random).code}${after}${more}`;
}

/**
 * A Markdown text with some of: heading, list, emphasis, link, quote, code span, fence, table.
 * @param {Random} random
 */
export function makeMarkdown(random) {
  const blocks = [];
  const count = random.int(1, 4);
  for (let k = 0; k < count; k += 1) {
    const { language, code } = makeSnippet(random);
    blocks.push(
      random.pick([
        `## ${makeSentence(random)}`,
        `- ${makeSentence(random)}\n- **${random.pick(NAMES)}**: ${makeSentence(random)}\n- [x] done\n- [ ] to do`,
        `*Really* ${makeSentence(random)} See [the guide](/guides/query-your-sensor-log#step-${random.int(1, 9)}).`,
        `> ${makeSentence(random)}\n\n${makeSentence(random)}`,
        `\`\`\`${language}\n${code}\n\`\`\``,
        `Use \`${code.split('\n')[0]}\` ${makeSentence(random)}`,
        `| ${random.pick(NAMES)} | ${random.pick(NAMES)} |\n|---|:--:|\n| ${random.int(1, 99)} | ${random.int(1, 99)}% |`,
        `1. ${makeSentence(random)}\n2. ${makeSentence(random)}`,
        `![${random.pick(NAMES)}](/uploads/${random.hex(8)}.png "my ${random.pick(NAMES)}")`,
        makeSentence(random),
      ]),
    );
  }
  return blocks.join('\n\n');
}

/** Code, queries and commands as people paste them into posts, wikis and notes. */

/** @typedef {import('../../../deploy/demo/traffic/random.mjs').Random} Random */

const NAMES =
  `rows sensor total visits member crate level bucket width offset retries station entry colour balance`.split(' ');
const TABLES = `members bookings harvest_2025 boats readings minutes choir_songs invoices hives tickets`.split(' ');
const FILES =
  `backup.sh pump.log members.csv docker-compose.yml notes.md hive.py crontab Makefile index.php main.go`.split(' ');

/** @param {Random} random @returns {string} one statement, as a query box takes it */
export function makeSql(random) {
  const table = random.pick(TABLES);
  const other = random.pick(TABLES);
  const a = random.pick(NAMES);
  const b = random.pick(NAMES);
  const n = random.int(1, 900);
  return random.pick([
    `SELECT ${a}, ${b} FROM ${table} WHERE ${a} > ${n} ORDER BY ${b} DESC LIMIT ${random.int(5, 100)};`,
    `select count(*) from ${table} where name = 'O''Brien' or ${a} is null`,
    `SELECT t.${a}, sum(o.${b}) AS total FROM ${table} t LEFT JOIN ${other} o ON o.id = t.id GROUP BY 1 HAVING sum(o.${b}) > ${n}`,
    `SELECT ${a} FROM ${table} UNION ALL SELECT ${b} FROM ${other} -- both lists`,
    `INSERT INTO ${table} (${a}, ${b}) VALUES (${n}, 'it''s ${b}'), (${n + 1}, NULL);`,
    `UPDATE ${table} SET ${a} = ${a} + ${n} WHERE id IN (SELECT id FROM ${other} WHERE ${b} LIKE '%${a}%');`,
    `DELETE FROM ${table} WHERE ${a} < ${n}; /* old ones */`,
    `ALTER TABLE ${table} ADD COLUMN ${b} varchar(${n}) DEFAULT ''`,
    `explain query plan select * from ${table} where substr(${a}, 1, 3) = 'abc' and 1=1`,
    `WITH x AS (SELECT *, row_number() OVER (PARTITION BY ${a} ORDER BY ${b}) rn FROM ${table}) SELECT * FROM x WHERE rn = 1`,
  ]);
}

/** @param {Random} random @returns {{language: string, code: string}} */
export function makeCode(random) {
  const a = random.pick(NAMES);
  const b = random.pick(NAMES);
  const n = random.int(1, 900);
  const file = random.pick(FILES);
  return random.pick([
    { language: 'sql', code: makeSql(random) },
    { language: 'sql', code: `${makeSql(random)}\n${makeSql(random)}` },
    {
      language: 'js',
      code: `const ${a} = ${b}.filter((x) => x.level > ${n} && !x.done).map(({ id }) => \`#\${id}\`);\nconsole.log(${a}.length);`,
    },
    {
      language: 'js',
      code: `document.querySelector('#${a}').addEventListener('click', () => alert("${b}: " + ${n}));`,
    },
    {
      language: 'html',
      code: `<div class="${a}" onclick="show('${b}')">\n  <img src="/img/${b}.png" alt="${a}">\n  <script src="/js/${a}.js"></script>\n</div>`,
    },
    {
      language: 'html',
      code: `<form action="/search?x=1&amp;y=${n}" method="post"><input name="${a}" value="&lt;b&gt;"></form>`,
    },
    {
      language: 'php',
      code: `<?php\nif (isset($_GET['${a}']) && $_GET['${a}'] > ${n}) {\n  echo htmlspecialchars($_GET['${b}']);\n}\n?>`,
    },
    {
      language: 'php',
      code: `add_filter( 'the_content', function ( $content ) {\n\treturn $content . '<p class="${a}">' . esc_html( get_option( '${b}' ) ) . '</p>';\n} );`,
    },
    {
      language: 'bash',
      code: `#!/bin/sh\nset -e\nfor f in *.csv; do\n  cut -d, -f${random.int(1, 9)} "$f" | sort | uniq -c > /tmp/${a}.txt\ndone\nrm -f ${file} && echo "done: $?"`,
    },
    {
      language: 'bash',
      code: `ssh pi@192.0.2.${random.int(1, 250)} 'tail -n ${n} /var/log/${a}.log | grep -i error; df -h /' || exit 1`,
    },
    {
      language: 'bash',
      code: `curl -s "http://localhost:${random.int(3000, 9000)}/api/${a}?limit=${n}" | jq '.[] | {id, ${b}}'`,
    },
    {
      language: 'python',
      code: `import os, sys\n\ndef ${a}(${b}: int = ${n}) -> dict:\n    with open("${file}") as f:\n        return {k: int(v) for k, v in (line.split("=") for line in f) if v.strip() != "''"}`,
    },
    {
      language: 'python',
      code: `df = pd.read_csv("${file}")\nprint(df[df["${a}"] > ${n}].groupby('${b}').mean())  # by ${b}`,
    },
    {
      language: 'go',
      code: `for i := 0; i < ${n}; i++ {\n\tif err := ${a}(i); err != nil {\n\t\tlog.Fatalf("%d: %v", i, err)\n\t}\n}`,
    },
    {
      language: 'css',
      code: `.${a} > li:nth-child(2n+1)::before { content: "\\201C"; color: #${random.hex(6)}; background: url('/img/${b}.svg'); }`,
    },
    {
      language: 'yaml',
      code: `services:\n  ${a}:\n    image: "${b}:${random.int(1, 9)}.${random.int(0, 20)}"\n    command: ["sh", "-c", "sleep ${n}; exec ${a} --verbose"]\n    ports: ["127.0.0.1:${random.int(2000, 9000)}:80"]`,
    },
    { language: 'json', code: `{"${a}": [${n}, null, true], "${b}": {"$gt": ${n}, "path": "../${file}"}}` },
    { language: 'regex', code: `^(?:${a}|${b})[-_ ]?(\\d{1,${random.int(2, 6)}})(?=\\s|$)` },
    { language: 'latex', code: `\\frac{${a}_{${n}}}{\\sum_{i=1}^{n} ${b}_i} \\le \\sqrt{${n}}` },
    {
      language: 'text',
      code: `Traceback (most recent call last):\n  File "/opt/${a}/${file}", line ${n}, in <module>\n    ${b}()\nTypeError: ${b}() missing 1 required positional argument: '${a}'`,
    },
    {
      language: 'text',
      code: `${random.int(10, 23)}:0${random.int(0, 9)}:17 [warn] ${a}: connection refused (errno=111) host=127.0.0.1 port=${n}; retry in ${random.int(1, 60)}s`,
    },
    {
      language: 'xml',
      code: `<?xml version="1.0"?>\n<!DOCTYPE ${a}>\n<${a} id="${n}"><${b}><![CDATA[a < b & c]]></${b}></${a}>`,
    },
  ]);
}

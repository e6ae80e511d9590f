/** The name under which a host's memory is kept: lower case, without port and final dot; at most 255 characters. */
export function hostOf(host: string): string {
  return host.slice(0, 300).toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '').slice(0, 255);
}

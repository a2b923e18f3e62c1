import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What is not the public internet: IANA's special-purpose registries, and multicast. */
const special = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Instance metadata and container credentials among them.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, bits, 'ipv4');
}
/** Of IPv6 only this is assigned to the public; these parts of it are special, or hold an IPv4 address (6to4, Teredo). */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  special.addSubnet(network, bits, 'ipv6');
}
/** IPv4 inside of IPv6: ::ffff:a.b.c.d and NAT64 (RFC 6052). */
const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', 96, 'ipv6');
mapped.addSubnet('64:ff9b::', 96, 'ipv6');

/** False for loopback, private, link-local, shared, reserved and multicast addresses, also inside of IPv6. */
export function isPublic(address: string): boolean {
  const plain = address.split('%')[0] ?? '';
  if (isIPv4(plain)) return !special.check(plain, 'ipv4');
  if (!isIPv6(plain)) return false;
  if (mapped.check(plain, 'ipv6')) return !special.check(lastFour(plain), 'ipv4');
  return global6.check(plain, 'ipv6') && !special.check(plain, 'ipv6');
}

/** The last 32 bits of an IPv6 address, as an IPv4 one. */
function lastFour(address: string): string {
  const dotted = /[^:]+\.[^:]+$/.exec(address);
  if (dotted) return dotted[0];
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const given = [...groups(head), ...(tail === undefined ? [] : groups(tail))];
  // What `::` leaves out is zeros, and may be among the last two groups: `64:ff9b::1`.
  const low = tail === undefined ? given.slice(-2) : ['0', '0', ...groups(tail)].slice(-2);
  return low.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]).join('.');
}

import { isIPv4, isIPv6 } from 'node:net';

const GROUPS = 8;
const GROUPS_OF_NETWORK = 4; // one customer has a /64
/** IPv4 clients behind a translator to IPv6 (RFC 6052). All of them are in one /64. */
const NAT64 = /^64:ff9b:0:0:0:0:([0-9a-f]+):([0-9a-f]+)$/;
const MAPPED = '0:0:0:0:0:ffff';

/**
 * Parses a client's address as proxies write it: with a port, in brackets, in quotes, with a zone. An IPv4 address in
 * IPv6 becomes IPv4, and an IPv6 address has its eight groups without leading zeros. Returns undefined for anything else.
 */
export function parseAddress(text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const [, inBrackets] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(bare) ?? [];
  const [, beforePort] = /^([\d.]+):\d{1,5}$/.exec(bare) ?? [];
  const plain = (inBrackets ?? beforePort ?? bare).replace(/%.*$/s, '').toLowerCase();
  if (isIPv4(plain)) return plain;
  return isIPv6(plain) ? writeIPv6(plain) : undefined;
}

function writeIPv6(plain: string): string {
  const [, start = '', dotted] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain) ?? [];
  const [head = '', tail] = (dotted === undefined ? plain : start + groupsOf(dotted)).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, GROUPS - before.length - after.length)).fill('0');
  const groups = [...before, ...(tail === undefined ? [] : zeros), ...after].map((group) => Number.parseInt(group, 16));
  const digits = groups.map((group) => group.toString(16));
  if (digits.slice(0, 6).join(':') !== MAPPED) return digits.join(':');
  return groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]).join('.');
}

/** Writes an IPv4 address as two groups of IPv6. */
function groupsOf(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/**
 * Returns the network that an address stands for, as limits and visits count it: an IPv4 address, or the /64 of an IPv6
 * address. A translated IPv4 address (NAT64) is the IPv4 address. Anything else is a network of its own.
 */
export function networkOf(address: string): string {
  const canonical = parseAddress(address);
  if (canonical === undefined) return address.toLowerCase();
  const [, high = '', low = ''] = NAT64.exec(canonical) ?? [];
  if (low !== '') return [high, low].map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 0xff]).join('.');
  return canonical.includes(':') ? `${canonical.split(':').slice(0, GROUPS_OF_NETWORK).join(':')}::/64` : canonical;
}

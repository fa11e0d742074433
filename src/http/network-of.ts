import ipaddr from 'ipaddr.js';

/** In bits: what one customer is given at least (RFC 6177). */
const ipv6Network = 64;

/** By what the callers behind an address are told from others: an IPv4 address, or the network of an IPv6 address, all of which one caller has. */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${ipv6Network}`)}/${ipv6Network}`;
}

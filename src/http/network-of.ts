import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** In bits: what one customer is given at least (RFC 6177). */
const ipv6Network = 64;

/** As some proxies write it: an IPv4 address, or an IPv6 address in brackets, with the port that it came from. */
const withPort = /^(?:([\d.]+)|\[(.*)\])(?::\d+)?$/;

/**
 * By what the callers behind an address are told from others: an IPv4 address, or the network of an IPv6 address, all of which one caller
 * has. Whatever a proxy wrote that is no address is one caller, since whoever may write anything could be any number.
 */
export function networkOf(text: string): string {
  const [, ipv4, bracketed] = withPort.exec(text) ?? [];
  const ip = ipv4 ?? bracketed ?? text;
  if (isIP(ip) === 0) return 'unknown';
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${ipv6Network}`)}/${ipv6Network}`;
}

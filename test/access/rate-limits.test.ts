import { describe, expect, test } from '@jest/globals';
import { networkOf } from '../../src/access/rate-limits.ts';

describe('networkOf', () => {
  test('returns an IPv4 address itself, also if it is written as IPv6', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('::ffff:192.0.2.8')).not.toBe(networkOf('::ffff:192.0.2.7'));
  });

  test('returns one name for all addresses of an IPv6 network of 64 bits, however they are written', () => {
    const network = networkOf('2001:db8:1:2::1');
    expect(networkOf('2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe(network);
    expect(networkOf('2001:0DB8:0001:0002:0:0:0:9')).toBe(network);
    expect(networkOf('2001:db8:1:3::1')).not.toBe(network);
  });

  test('ignores the interface of a link-local address', () => {
    expect(networkOf('fe80::1%eth0')).toBe(networkOf('fe80::2%eth1'));
  });

  test('ignores the port that some proxies append to the address', () => {
    expect(networkOf('192.0.2.7:1000')).toBe('192.0.2.7');
    expect(networkOf('[2001:db8::1]:1000')).toBe(networkOf('2001:db8::2'));
    expect(networkOf('[2001:db8::1]')).toBe(networkOf('2001:db8::2'));
  });

  test('returns one name for all texts that are not an address', () => {
    for (const text of ['', 'x1', 'unknown', '1.2.3', '192.0.2.7:port', '[x]:1', '192.0.2.7, 192.0.2.8'])
      expect(networkOf(text)).toBe('unknown');
  });
});

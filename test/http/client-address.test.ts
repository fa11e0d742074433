import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { clientAddress } from '../../src/http/client-address.ts';

const from = (forwarded?: string) =>
  ({ socket: { remoteAddress: '10.0.0.1' }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

describe('clientAddress', () => {
  test('is the address of the connection if no proxy is trusted, whatever the client claims', () => {
    expect(clientAddress(from('192.0.2.1'), 0)).toBe('10.0.0.1');
  });

  test('is the address that the outermost of the trusted proxies saw', () => {
    const request = from('203.0.113.9, 192.0.2.1,192.0.2.2');
    expect(clientAddress(request, 1)).toBe('192.0.2.2');
    expect(clientAddress(request, 2)).toBe('192.0.2.1');
  });

  test('is the first address of a request that came through fewer proxies', () => {
    expect(clientAddress(from('192.0.2.1'), 3)).toBe('192.0.2.1');
    expect(clientAddress(from(), 3)).toBe('10.0.0.1');
  });
});

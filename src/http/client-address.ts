import type { IncomingMessage } from 'node:http';

/**
 * Returns the address of the client. Each trusted proxy has appended the address that it saw to `X-Forwarded-For`, so
 * that with N proxies entry N from the right counts; what stands before it, the client may have made up. A request that
 * came through fewer proxies has its first entry as the address.
 */
export function clientAddress({ socket, headers }: IncomingMessage, trustedProxies: number): string | undefined {
  if (trustedProxies === 0) return socket.remoteAddress;
  const forwarded = (headers['x-forwarded-for'] as string | undefined)?.split(',').map((entry) => entry.trim()) ?? [];
  return forwarded[Math.max(0, forwarded.length - trustedProxies)] ?? socket.remoteAddress;
}

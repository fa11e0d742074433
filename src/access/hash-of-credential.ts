import { hash } from 'node:crypto';

/** Returns the same SHA-256 for a credential however its header is spaced, and whatever the case of the scheme. */
export function hashOfCredential(authorization: string): string {
  const [scheme = '', ...rest] = authorization.trim().split(/\s+/);
  return hash('sha256', [scheme.toLowerCase(), ...rest].join(' '), 'base64');
}

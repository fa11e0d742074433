import { WarmstartError } from '../common/errors.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import type { Authenticate } from './authenticate.ts';
import type { Principal } from './principal.ts';
import type { Allowance } from './rate-limits.ts';
import { databaseUnavailable } from './refusal.ts';

/**
 * Returns who sent a request, and charges the caller for it. Throws UNAUTHENTICATED for an invalid credential, which
 * counts against the caller's address, RATE_LIMITED when a limit is reached, and UNAVAILABLE, with its cause, while
 * the database or the provider of the keys of tokens does not answer.
 */
export async function authenticateCaller(
  authenticate: Authenticate,
  authorization: string | undefined,
  allowance: Allowance,
): Promise<Principal> {
  allowance.checkLookUp();
  const principal = await authenticate(authorization, allowance.credential).catch((error) => {
    if (isConnectionError(error)) throw databaseUnavailable(error);
    if (error instanceof WarmstartError && error.code === 'UNAUTHENTICATED') allowance.authenticationFailed();
    throw error;
  });
  allowance.authenticated(principal);
  return principal;
}

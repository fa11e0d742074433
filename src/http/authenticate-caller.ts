import type { Authenticate } from '../access/authenticate.ts';
import type { Principal } from '../access/principal.ts';
import { WarmstartError } from '../common/errors.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import { databaseAway } from './database-outage.ts';
import type { Allowance } from './rate-limits.ts';

/**
 * Who sent a request, within what its sender may still ask. Throws UNAUTHENTICATED, which counts against the sender, RATE_LIMITED, and UNAVAILABLE,
 * with its cause, while the database is away.
 */
export async function authenticateCaller(
  authenticate: Authenticate,
  authorization: string | undefined,
  allowance: Allowance,
): Promise<Principal> {
  allowance.checkLookUp();
  const principal = await authenticate(authorization).catch((error) => {
    if (isConnectionError(error)) throw new WarmstartError('UNAVAILABLE', databaseAway, { cause: error });
    if (error instanceof WarmstartError) allowance.authenticationFailed();
    throw error;
  });
  allowance.authenticated(principal);
  return principal;
}

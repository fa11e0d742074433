import type { Authenticate } from '../access/authenticate.ts';
import type { Principal } from '../access/principal.ts';
import { WarmstartError } from '../errors.ts';
import type { Allowance } from './rate-limits.ts';

/** Who sent a request, within what its sender may still ask. Throws UNAUTHENTICATED and RATE_LIMITED. */
export async function authenticateCaller(
  authenticate: Authenticate,
  authorization: string | undefined,
  allowance: Allowance,
): Promise<Principal> {
  allowance.checkLookUp();
  const principal = await authenticate(authorization).catch((error) => {
    if (error instanceof WarmstartError) allowance.authenticationFailed();
    throw error;
  });
  allowance.authenticated(principal);
  return principal;
}

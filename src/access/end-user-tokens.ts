import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify, type RemoteJWKSetOptions } from 'jose';
import type { EndUserTokenSettings } from './end-user-token-settings.ts';
import { invalidCredential } from './principal.ts';

/** In seconds: how far the clock of who signs may be off. */
const clockTolerance = 10;

/** In milliseconds. */
const fetching = {
  timeoutDuration: 5_000,
  /** A token with an unknown key makes us ask for new ones, but no oftener than this. */
  cooldownDuration: 30_000,
  /** A key that is withdrawn counts no longer than this. */
  cacheMaxAge: 600_000,
} satisfies RemoteJWKSetOptions;

/**
 * Returns how to check a token (a JWT in its compact form), which answers with the client's id of the user, the token's
 * `sub`. Signature, algorithm, `iss`, `aud`, `exp`, and `nbf` where there is one, must hold. That throws UNAUTHENTICATED for
 * a token that is not to be trusted, without saying why, and any other error when the keys cannot be had.
 */
export function endUserTokens(
  { issuer, audience, algorithms, key }: EndUserTokenSettings,
  options: RemoteJWKSetOptions = fetching,
): (token: string) => Promise<string> {
  const known = 'jwksUrl' in key ? createRemoteJWKSet(key.jwksUrl, options) : async () => key.secret;
  const expected = {
    issuer,
    audience,
    algorithms: [...algorithms],
    clockTolerance,
    requiredClaims: ['exp', 'sub'],
  };
  return async (token) => {
    const { payload } = await jwtVerify(token, known as JWTVerifyGetKey, expected).catch(refuse);
    // A malformed one would be stored as, and so be, another user's.
    if (typeof payload.sub === 'string' && payload.sub !== '' && payload.sub.isWellFormed())
      return payload.sub;
    throw invalidCredential();
  };
}

function refuse(cause: unknown): never {
  if (isOfTheToken(cause)) throw invalidCredential(cause);
  throw new Error(`the keys of WARMSTART_JWT_JWKS_URL cannot be had or used: ${(cause as Error).message}`, {
    cause,
  });
}

/** All of jose's errors but those that its fetching of keys has. */
function isOfTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    error.code !== errors.JOSEError.code &&
    !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid)
  );
}

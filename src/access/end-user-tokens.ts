import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify, type RemoteJWKSetOptions } from 'jose';
import { isStorable } from '../common/storable-text.ts';
import type { EndUserTokenSettings } from './end-user-token-settings.ts';
import { invalidCredential } from './principal.ts';

/** In seconds: how far the identity provider's clock may be off. */
const clockTolerance = 10;

/** In milliseconds. */
const fetching = {
  timeoutDuration: 5_000,
  /** A token with an unknown key makes the server fetch the keys again, but at most once in this time. */
  cooldownDuration: 30_000,
  /** A withdrawn key is accepted for at most this long. */
  cacheMaxAge: 600_000,
} satisfies RemoteJWKSetOptions;

/** The user of a valid token. */
export interface TokenUser {
  /** The token's `sub`: the external ID of the user. */
  readonly userId: string;
  /** The time from which the token is no longer accepted, in milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Returns a function that verifies a token (a JWT in compact form) and returns its user. It checks the signature, the algorithm, `iss`, `aud`, `exp` and, if present, `nbf`. It throws UNAUTHENTICATED for an
 * invalid token, without saying why, and another error if the keys cannot be fetched.
 */
export function endUserTokens(
  { issuer, audience, algorithms, key }: EndUserTokenSettings,
  options: RemoteJWKSetOptions = fetching,
): (token: string) => Promise<TokenUser> {
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
    const { sub: userId, exp } = payload;
    // PostgreSQL would store an ill-formed ID as another one, which could be the ID of another user, and cannot store
    // U+0000.
    if (typeof userId !== 'string' || userId === '' || !isStorable(userId) || exp === undefined)
      throw invalidCredential();
    return { userId, expires: (exp + clockTolerance) * 1000 };
  };
}

function refuse(cause: unknown): never {
  if (isOfTheToken(cause)) throw invalidCredential(cause);
  throw new Error(`cannot fetch or use the keys of WARMSTART_JWT_JWKS_URL: ${(cause as Error).message}`, {
    cause,
  });
}

/** Whether the token is the cause: true for all errors of jose except those of fetching keys. */
function isOfTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    error.code !== errors.JOSEError.code &&
    !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid)
  );
}

import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { WarmstartError } from '../common/errors.ts';
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
  /** After a failure, the keys are not fetched again in this time. */
  pauseDuration: 5_000,
};

export interface TokenOptions {
  /** Other times than those of `fetching`. */
  readonly fetching?: Partial<typeof fetching>;
  /** Called with the reason for each token that cannot be verified because of the keys. */
  readonly keysFailed?: ((error: unknown) => void) | undefined;
}

/** The user of a valid token. */
export interface TokenUser {
  /** The token's `sub`: the external ID of the user. */
  readonly userId: string;
  /** The time from which the token is no longer accepted, in milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Returns a function that verifies a token (a JWT in compact form) and returns its user. It checks the signature,
 * the algorithm, `iss`, `aud`, `exp` and, if present, `nbf`. It throws UNAUTHENTICATED for an invalid token, without
 * saying why, and UNAVAILABLE if the keys cannot be fetched.
 */
export function endUserTokens(
  { issuer, audience, algorithms, key }: EndUserTokenSettings,
  { fetching: changed, keysFailed = () => {} }: TokenOptions = {},
): (token: string) => Promise<TokenUser> {
  const known = 'jwksUrl' in key ? keysAt(key.jwksUrl, { ...fetching, ...changed }) : async () => key.secret;
  const expected = {
    issuer,
    audience,
    algorithms: [...algorithms],
    clockTolerance,
    requiredClaims: ['exp', 'sub'],
  };
  const refuse = (cause: unknown): never => {
    if (isOfTheToken(cause)) throw invalidCredential(cause);
    keysFailed(cause);
    throw new WarmstartError('UNAVAILABLE', 'tokens of users cannot be verified now; try again in a few seconds', {
      cause,
    });
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

/**
 * Returns the function that finds the key of a token. It fetches the keys when it needs to, but pauses after a failure:
 * requests must not wait for a provider that does not answer, one after the other. Keys that were fetched before the
 * failure are used in the meantime, as long as they could be without it.
 */
function keysAt(url: URL, { pauseDuration, ...options }: typeof fetching): JWTVerifyGetKey {
  let failure: unknown;
  let pausedUntil = 0;
  const fetchUnlessPaused: FetchImplementation = async (address, request) => {
    if (performance.now() < pausedUntil) throw failure;
    return fetch(address, request);
  };
  const keyOf = createRemoteJWKSet(url, { ...options, [customFetch]: fetchUnlessPaused });
  return async (header, token) => {
    try {
      return await keyOf(header, token);
    } catch (error) {
      if (!isOfTheToken(error) && performance.now() >= pausedUntil) {
        failure = error;
        pausedUntil = performance.now() + pauseDuration;
      }
      throw error;
    }
  };
}

/** Whether the token is the cause: true for all errors of jose except those of fetching keys. */
function isOfTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    error.code !== errors.JOSEError.code &&
    !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid)
  );
}

import { SignJWT } from 'jose';
import type { EndUserTokenSettings } from '../../src/access/end-user-token-settings.ts';

const secret = Buffer.from('a secret that only tests have, of 32 bytes or more');

/** Settings for `testServer` with which it accepts the tokens of `userToken`. */
export const endUserTokens: EndUserTokenSettings = {
  issuer: 'https://id.example',
  audience: 'warmstart',
  algorithms: ['HS256'],
  key: { secret },
};

/**
 * Returns the `Authorization` header of the user with this external ID, valid for some minutes. Different token names
 * give different tokens.
 */
export async function userToken(user: string, name = 'token'): Promise<string> {
  const token = await new SignJWT({ sub: user })
    .setProtectedHeader({ alg: 'HS256' })
    .setJti(name)
    .setIssuer(endUserTokens.issuer)
    .setAudience(endUserTokens.audience)
    .setExpirationTime('10m')
    .sign(secret);
  return `Bearer ${token}`;
}

import { SignJWT } from 'jose';
import type { EndUserTokenSettings } from '../../src/access/end-user-token-settings.ts';

const secret = Buffer.from('a secret that only tests have, of 32 bytes or more');

/** For `testServer`: it then takes what `userToken` makes. */
export const endUserTokens: EndUserTokenSettings = {
  issuer: 'https://id.example',
  audience: 'warmstart',
  algorithms: ['HS256'],
  key: { secret },
};

/** The `Authorization` header of a user, by the client's id, for some minutes; another one for another name of the token. */
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

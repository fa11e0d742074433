import { WarmstartError } from '../common/errors.ts';

/** A caller. `userId` is the client's own ID of the user, `keyId` the number of an API key. */
export type Principal =
  | { readonly role: 'ANONYMOUS' }
  | { readonly role: 'USER'; readonly userId: string }
  | { readonly role: 'CLIENT' | 'ADMIN'; readonly keyId: number };

export type Role = Principal['role'];

export const anonymous: Principal = Object.freeze({ role: 'ANONYMOUS' });

/** The same words whatever is wrong with a key or a token, so that an attacker learns nothing from them. */
export function invalidCredential(cause?: unknown): WarmstartError {
  return new WarmstartError(
    'UNAUTHENTICATED',
    'Authorization: the API key or token is invalid, expired or revoked; send a valid one',
    { cause },
  );
}

/** Who is asking. `userId` is the client's own id of the user, `keyId` the number of an API key. */
export type Principal =
  | { readonly role: 'ANONYMOUS' }
  | { readonly role: 'USER'; readonly userId: string }
  | { readonly role: 'CLIENT' | 'ADMIN'; readonly keyId: number };

export type Role = Principal['role'];

export const anonymous: Principal = Object.freeze({ role: 'ANONYMOUS' });

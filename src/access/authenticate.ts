import { WarmstartError } from '../common/errors.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import { isSecret } from './api-key-secret.ts';
import { findApiKey, type UsableApiKey } from './api-keys.ts';
import type { EndUserTokenSettings } from './end-user-token-settings.ts';
import { endUserTokens } from './end-user-tokens.ts';
import { anonymous, invalidCredential, type Principal } from './principal.ts';
import { VerifiedCallers } from './verified-callers.ts';

/**
 * Returns who sent a request, by its `Authorization` header; without the header, `anonymous`. Throws UNAUTHENTICATED if
 * the header is malformed or its key or token is invalid. `credential` is the `hashOfCredential` of the header, for a
 * caller that knows it already.
 */
export type Authenticate = (authorization: string | undefined, credential?: string) => Promise<Principal>;

const bearer = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/** Authenticates callers, and remembers them for a second. */
export interface Authenticator {
  readonly authenticate: Authenticate;
  /** Makes the next request with each credential verify it again. */
  forget(): void;
}

/**
 * Authenticates callers by API key and, if `tokens` is given, by end user token. A key costs one statement at most once
 * a second, and a credential that does not have the form of a key costs none. A key that is revoked by another server
 * is therefore refused at most a second later; `forget` is for a key that this server revokes. A credential is never
 * accepted after it has expired. While the database does not answer, see `VerifiedCallers`. `keysFailed` is told why the
 * keys that verify tokens cannot be fetched.
 */
export function authenticator(
  connections: Connections,
  tokens?: EndUserTokenSettings,
  keysFailed?: (error: unknown) => void,
): Authenticator {
  const userOf = tokens && endUserTokens(tokens, { keysFailed });
  const recordUse = useRecorder(connections);
  const callers = new VerifiedCallers(async (authorization) => {
    const credential = credentialOf(authorization);
    if (!isSecret(credential)) {
      if (!userOf) throw invalidCredential();
      const { userId, expires } = await userOf(credential);
      return { principal: { role: 'USER', userId }, expires };
    }
    const key = await findApiKey(connections, credential);
    if (!key) throw invalidCredential();
    recordUse(key);
    return {
      principal: { role: key.role, keyId: key.id },
      expires: key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
    };
  });
  return {
    authenticate: async (authorization, credential) =>
      authorization === undefined ? anonymous : callers.principalOf(authorization, credential),
    forget: () => callers.forget(),
  };
}

/** Whether an `Authorization` header has the form of an API key, so that verifying it needs the database. */
export function presentsKey(authorization: string | undefined): boolean {
  return isSecret(bearer.exec(authorization ?? '')?.[1] ?? '');
}

function credentialOf(authorization: string): string {
  const [, credential] = bearer.exec(authorization) ?? [];
  if (credential !== undefined) return credential;
  throw new WarmstartError(
    'UNAUTHENTICATED',
    'Authorization: expected `Bearer`, a space, and an API key or a token; the header has a different form',
  );
}

/** In milliseconds. */
const minute = 60_000;

const writeUse = prepared(
  'record-key-use',
  `UPDATE api_keys SET last_used_at = now()
   WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
);

/**
 * Returns a function that records the time at which a key is used, about once a minute for each key. The request does
 * not wait for this, and does not fail if it fails: then the next use is recorded.
 */
function useRecorder(connections: Connections): (key: UsableApiKey) => void {
  // By key. Until the first update is written, concurrent requests still read the old time from the row.
  const recorded = new Map<number, number>();
  return ({ id, lastUsedAt }) => {
    const now = Date.now();
    if (now - Math.max(lastUsedAt?.getTime() ?? 0, recorded.get(id) ?? 0) < minute) return;
    recorded.set(id, now);
    writeUse(connections, [id]).catch(() => recorded.delete(id));
  };
}

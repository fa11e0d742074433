import { createHash } from 'node:crypto';
import { WarmstartError } from '../common/errors.ts';
import { type ApiKey, type Database, sql } from '../store/database.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import { isSecret } from './api-key-secret.ts';
import { findApiKey } from './api-keys.ts';
import type { EndUserTokenSettings } from './end-user-token-settings.ts';
import { endUserTokens } from './end-user-tokens.ts';
import { anonymous, invalidCredential, type Principal } from './principal.ts';

/**
 * Who sent a request, by the value of its `Authorization` header; nobody without one. Throws UNAUTHENTICATED for a header
 * that is malformed, or whose key or token is not valid.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

/** How long an admin's key counts that cannot be looked up. */
const rememberedMilliseconds = 15 * 60_000;

/**
 * The same, but while the database does not answer, what was an admin's key within the last 15 minutes counts as one: only for
 * what is needed in an outage, too.
 */
export function rememberingAdmins(authenticate: Authenticate): Authenticate {
  // As many as there are keys of admins.
  const seen = new Map<string, { readonly principal: Principal; readonly at: number }>();
  return async (authorization) => {
    const header = hashOfCredential(authorization ?? '');
    try {
      const principal = await authenticate(authorization);
      if (principal.role === 'ADMIN') seen.set(header, { principal, at: performance.now() });
      return principal;
    } catch (error) {
      if (error instanceof WarmstartError) seen.delete(header);
      const known = seen.get(header);
      if (!known || !isConnectionError(error)) throw error;
      if (performance.now() - known.at > rememberedMilliseconds) throw error;
      return known.principal;
    }
  };
}

/** However it is spaced, and however the case of its scheme: one credential has one hash. */
export function hashOfCredential(authorization: string): string {
  const [scheme = '', ...rest] = authorization.trim().split(/\s+/);
  return createHash('sha256')
    .update([scheme.toLowerCase(), ...rest].join(' '))
    .digest('base64');
}

const bearer = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/**
 * Returns how to authenticate, with API keys, and with tokens of end users where there are settings for them. Looking up a key
 * is one statement, and nothing is remembered of it: a key that is revoked is refused at the next request. What cannot be
 * a key is refused without a statement.
 */
export function authenticator(database: Database, tokens?: EndUserTokenSettings): Authenticate {
  const userOf = tokens && endUserTokens(tokens);
  const noteUse = lastUseRecorder(database);
  return async (authorization) => {
    if (authorization === undefined) return anonymous;
    const credential = credentialOf(authorization);
    if (!isSecret(credential)) {
      if (!userOf) throw invalidCredential();
      return { role: 'USER', userId: await userOf(credential) };
    }
    const key = await findApiKey(database, credential);
    if (!key) throw invalidCredential();
    noteUse(key);
    return { role: key.role, keyId: key.id };
  };
}

/** Whether verifying an `Authorization` takes a look-up in the database. */
export function presentsKey(authorization: string | undefined): boolean {
  return isSecret(bearer.exec(authorization ?? '')?.[1] ?? '');
}

function credentialOf(authorization: string): string {
  const [, credential] = bearer.exec(authorization) ?? [];
  if (credential !== undefined) return credential;
  throw new WarmstartError(
    'UNAUTHENTICATED',
    'Authorization: expected `Bearer`, a space, and an API key or a token; the header has another form',
  );
}

const minute = 60_000;

/**
 * Returns how to note that a key was used: about once a minute for each key, and beside the request, which neither waits
 * for it nor fails with it. What is not noted this time is noted next time.
 */
function lastUseRecorder(database: Database): (key: ApiKey) => void {
  // Many requests find the row before the first of them has written.
  const noted = new Map<number, number>();
  return ({ id, lastUsedAt }) => {
    const now = Date.now();
    if (now - Math.max(lastUsedAt?.getTime() ?? 0, noted.get(id) ?? 0) < minute) return;
    noted.set(id, now);
    database
      .$executeRaw(sql`
      UPDATE api_keys SET last_used_at = now()
      WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`)
      .catch(() => noted.delete(id));
  };
}

import { inputError, notFound } from '../common/errors.ts';
import { isStorable, storableText } from '../common/storable-text.ts';
import { type ApiKey, type ApiKeyRole, type Database, sql } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import { hashSecret, makeSecret, prefixOf } from './api-key-secret.ts';

const maxNameLength = 100;

export interface ApiKeyInput {
  /** A name for people to read. */
  readonly name: string;
  readonly role: ApiKeyRole;
  /** Default: never. */
  readonly expiresAt?: Date | null | undefined;
}

/**
 * Creates a key. Only the result has the secret: it is not stored. Throws BAD_USER_INPUT for a name that is empty, too
 * long or cannot be stored, and for an expiry in the past.
 */
export async function createApiKey(
  database: Database,
  { name, role, expiresAt = null }: ApiKeyInput,
): Promise<{ apiKey: ApiKey; secret: string }> {
  checkName(name);
  checkExpiry(expiresAt);
  const secret = makeSecret();
  const data = { name, role, expiresAt, prefix: prefixOf(secret), hash: hashSecret(secret) };
  return { apiKey: await database.apiKey.create({ data }), secret };
}

/** Returns at most `limit` keys, the latest first: those created before the key numbered `before`, if there is one. */
export async function listApiKeys(database: Database, limit: number, before?: number): Promise<ApiKey[]> {
  return database.apiKey.findMany({
    where: before === undefined ? {} : { id: { lt: before } },
    orderBy: { id: 'desc' },
    take: limit,
  });
}

/** Returns keys by ID, in the order of `ids`; `null` for an ID that no key has. */
export async function apiKeysById(database: Database, ids: readonly number[]): Promise<(ApiKey | null)[]> {
  return inOrder(ids, await database.apiKey.findMany({ where: { id: { in: [...ids] } } }));
}

/** Revokes a key for good. Does nothing if it is already revoked. Throws API_KEY_NOT_FOUND. */
export async function revokeApiKey(database: Database, id: number): Promise<ApiKey> {
  await database.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date() } });
  const apiKey = await database.apiKey.findUnique({ where: { id } });
  if (apiKey) return apiKey;
  throw notFound('API key', String(id), ['apiKey']);
}

/** What a request needs to know of its key. */
export type UsableApiKey = Pick<ApiKey, 'id' | 'role' | 'expiresAt' | 'lastUsedAt'>;

const keyOfHash = prepared<UsableApiKey>(
  'key-of-hash',
  `SELECT id, role, expires_at AS "expiresAt", last_used_at AS "lastUsedAt" FROM api_keys
   WHERE hash = $1 AND revoked_at IS NULL`,
);

/** Returns the key with this secret if it is neither revoked nor expired, by one statement. */
export async function findApiKey(connections: Connections, secret: string): Promise<UsableApiKey | null> {
  const [key] = await keyOfHash(connections, [hashSecret(secret)]);
  return key && (key.expiresAt === null || key.expiresAt > new Date()) ? key : null;
}

/** Whether any key is neither revoked nor expired. */
export async function hasUsableApiKey(database: Database): Promise<boolean> {
  const [row] = await database.$queryRaw<{ found: boolean }[]>(sql`
    SELECT EXISTS (SELECT FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS found`);
  return row?.found === true;
}

function checkName(name: string): void {
  const problem = nameProblem(name);
  if (problem) throw inputError(['name'], problem);
}

function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'expected a name that is not blank';
  const { length } = [...name];
  if (length > maxNameLength) return `expected 1 to ${maxNameLength} characters, got ${length}`;
  return isStorable(name) ? undefined : `expected ${storableText}`;
}

function checkExpiry(expiresAt: Date | null): void {
  if (expiresAt === null || expiresAt > new Date()) return;
  throw inputError(['expiresAt'], `expected a time in the future, got ${expiresAt.toISOString()}`);
}

import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createApiKey, findApiKey, hasUsableApiKey, listApiKeys, revokeApiKey } from '../../src/access/api-keys.ts';
import { eventually } from '../support/eventually.ts';
import { testDatabase } from '../support/test-database.ts';

describe('API keys', () => {
  const db = testDatabase();
  beforeEach(() => db.database.apiKey.deleteMany());

  test('hasUsableApiKey is true only while a key is neither expired nor revoked', async () => {
    expect(await hasUsableApiKey(db.database)).toBe(false);
    const { apiKey } = await createApiKey(db.database, {
      name: 'short',
      role: 'ADMIN',
      expiresAt: inMinutes(1),
    });
    expect(await hasUsableApiKey(db.database)).toBe(true);
    await db.database.apiKey.update({ where: { id: apiKey.id }, data: { expiresAt: inMinutes(-1) } });
    expect(await hasUsableApiKey(db.database)).toBe(false);
    await db.database.apiKey.update({
      where: { id: apiKey.id },
      data: { expiresAt: null, revokedAt: new Date() },
    });
    expect(await hasUsableApiKey(db.database)).toBe(false);
  });

  test('a key is 32 random bytes; the database stores only its SHA-256 hash and its prefix', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'shop', role: 'CLIENT' });
    expect(secret).toMatch(/^wsk_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(secret.slice(4), 'base64url')).toHaveLength(32);
    expect(secret.startsWith(apiKey.prefix)).toBe(true);
    expect(apiKey.prefix).toHaveLength(10);
    const stored = await db.database.apiKey.findUniqueOrThrow({ where: { id: apiKey.id } });
    expect(Buffer.from(stored.hash)).toEqual(createHash('sha256').update(secret).digest());
    expect(JSON.stringify(stored)).not.toContain(secret.slice(10));
  });

  test('a key is found by its secret, and by no other text', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'shop', role: 'CLIENT' });
    expect((await findApiKey(db.pool, secret))?.id).toBe(apiKey.id);
    const other = secret.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    expect(await findApiKey(db.pool, other)).toBeNull();
    expect(await findApiKey(db.pool, secret.toUpperCase())).toBeNull();
  });

  test('a key is no longer found once it has expired', async () => {
    const input = { name: 'short', role: 'CLIENT', expiresAt: new Date(Date.now() + 400) } as const;
    const { secret } = await createApiKey(db.database, input);
    expect(await findApiKey(db.pool, secret)).not.toBeNull();
    await eventually(async () => (await findApiKey(db.pool, secret)) === null);
  });

  test('a revoked key is no longer found, and revoking it again keeps the time of the first revocation', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'gone', role: 'ADMIN' });
    const { revokedAt } = await revokeApiKey(db.database, apiKey.id);
    expect(revokedAt).not.toBeNull();
    expect(await findApiKey(db.pool, secret)).toBeNull();
    expect((await revokeApiKey(db.database, apiKey.id)).revokedAt).toEqual(revokedAt);
    await expect(revokeApiKey(db.database, 2 ** 31 - 1)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
  });

  test('keys are listed the latest first, page by page', async () => {
    const created: number[] = [];
    for (const name of ['a', 'b', 'c', 'd'])
      created.push((await createApiKey(db.database, { name, role: 'CLIENT' })).apiKey.id);
    const all = (await listApiKeys(db.database, 100)).map(({ id }) => id);
    expect(all).toEqual(created.toReversed());
    const first = (await listApiKeys(db.database, 2)).map(({ id }) => id);
    const rest = (await listApiKeys(db.database, 100, first[1])).map(({ id }) => id);
    expect([...first, ...rest]).toEqual(all);
  });

  test.each([
    ['no name', { name: '' }, 'name'],
    ['a blank name', { name: ' \t' }, 'name'],
    ['a name of 101 characters', { name: 'é'.repeat(101) }, 'name'],
    ['a name with U+0000', { name: 'a\0' }, 'name'],
    ['a name with half of a surrogate pair', { name: 'a\ud800' }, 'name'],
    ['an expiry in the past', { expiresAt: inMinutes(-1) }, 'expiresAt'],
    ['an expiry now', { expiresAt: new Date() }, 'expiresAt'],
  ])('createApiKey refuses %s and stores nothing', async (_what, wrong, field) => {
    const input = { name: 'fine', role: 'CLIENT', ...wrong } as const;
    await expect(createApiKey(db.database, input)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: [field],
    });
    expect(await db.database.apiKey.count()).toBe(0);
  });

  test('a name can have 100 characters of any script', async () => {
    const { apiKey } = await createApiKey(db.database, { name: '🙂'.repeat(100), role: 'CLIENT' });
    expect(apiKey.name).toBe('🙂'.repeat(100));
  });
});

function inMinutes(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000);
}

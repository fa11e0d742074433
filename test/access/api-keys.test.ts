import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  createApiKey,
  findApiKey,
  hasUsableApiKey,
  listApiKeys,
  revokeApiKey,
} from '../../src/access/api-keys.ts';
import { testDatabase } from '../support/test-database.ts';

describe('API keys', () => {
  const db = testDatabase();

  test('a database without keys says so, and an expired or revoked key is none', async () => {
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

  test('a key is 32 random bytes, of which the database has the SHA-256 hash and the beginning alone', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'shop', role: 'CLIENT' });
    expect(secret).toMatch(/^wsk_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(secret.slice(4), 'base64url')).toHaveLength(32);
    expect(secret.startsWith(apiKey.prefix)).toBe(true);
    expect(apiKey.prefix).toHaveLength(10);
    const stored = await db.database.apiKey.findUniqueOrThrow({ where: { id: apiKey.id } });
    expect(Buffer.from(stored.hash)).toEqual(createHash('sha256').update(secret).digest());
    expect(JSON.stringify(stored)).not.toContain(secret.slice(10));
  });

  test('a key is found by its secret, and by no other', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'shop', role: 'CLIENT' });
    expect((await findApiKey(db.database, secret))?.id).toBe(apiKey.id);
    const other = secret.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    expect(await findApiKey(db.database, other)).toBeNull();
    expect(await findApiKey(db.database, secret.toUpperCase())).toBeNull();
  });

  test('a key ends at its time', async () => {
    const input = { name: 'short', role: 'CLIENT', expiresAt: new Date(Date.now() + 400) } as const;
    const { secret } = await createApiKey(db.database, input);
    expect(await findApiKey(db.database, secret)).not.toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await findApiKey(db.database, secret)).toBeNull();
  });

  test('a revoked key is found no more, and revoking it again leaves the time at which it was', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'gone', role: 'ADMIN' });
    const { revokedAt } = await revokeApiKey(db.database, apiKey.id);
    expect(revokedAt).not.toBeNull();
    expect(await findApiKey(db.database, secret)).toBeNull();
    expect((await revokeApiKey(db.database, apiKey.id)).revokedAt).toEqual(revokedAt);
    await expect(revokeApiKey(db.database, 2 ** 31 - 1)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
  });

  test('keys are listed the latest first, page by page', async () => {
    const all = (await listApiKeys(db.database, 100)).map(({ id }) => id);
    expect(all.length).toBeGreaterThan(3);
    expect(all).toEqual([...all].sort((a, b) => b - a));
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
    ['an end that is past', { expiresAt: inMinutes(-1) }, 'expiresAt'],
    ['an end now', { expiresAt: new Date() }, 'expiresAt'],
  ])('%s makes no key', async (_what, wrong, field) => {
    const before = await db.database.apiKey.count();
    const input = { name: 'fine', role: 'CLIENT', ...wrong } as const;
    await expect(createApiKey(db.database, input)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: [field],
    });
    expect(await db.database.apiKey.count()).toBe(before);
  });

  test('a name may have 100 characters, of any script', async () => {
    const { apiKey } = await createApiKey(db.database, { name: '🙂'.repeat(100), role: 'CLIENT' });
    expect(apiKey.name).toBe('🙂'.repeat(100));
  });
});

function inMinutes(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000);
}

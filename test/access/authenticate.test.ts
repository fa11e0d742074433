import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { createApiKey, revokeApiKey } from '../../src/access/api-keys.ts';
import { authenticator } from '../../src/access/authenticate.ts';
import { countStatements } from '../support/count-statements.ts';
import { testDatabase } from '../support/test-database.ts';

const secret = Buffer.from('a secret of at least thirty-two bytes');
const tokens = { issuer: 'https://id.example', audience: 'shop', algorithms: ['HS256'], key: { secret } };
const token = () =>
  new SignJWT({ sub: 'u1' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(tokens.issuer)
    .setAudience('shop')
    .setExpirationTime('1m')
    .sign(secret);

describe('authenticate', () => {
  const db = testDatabase();

  test('knows the holder of a key by its role and number, by one statement', async () => {
    const authenticate = authenticator(db.database);
    for (const role of ['CLIENT', 'ADMIN'] as const) {
      const { apiKey, secret } = await createApiKey(db.database, { name: 'x', role });
      await db.database.apiKey.update({ where: { id: apiKey.id }, data: { lastUsedAt: new Date() } });
      const statements = await countStatements(async () => {
        expect(await authenticate(`Bearer ${secret}`)).toEqual({ role, keyId: apiKey.id });
      });
      expect(statements).toBe(1);
    }
  });

  test('knows a user by a token, and somebody without a header as nobody, without a statement', async () => {
    const authenticate = authenticator(db.database, tokens);
    const user = `Bearer ${await token()}`;
    const statements = await countStatements(async () => {
      expect(await authenticate(user)).toEqual({ role: 'USER', userId: 'u1' });
      expect(await authenticate(undefined)).toEqual({ role: 'ANONYMOUS' });
    });
    expect(statements).toBe(0);
  });

  test('takes no token where none is set up', async () => {
    const refused = authenticator(db.database)(`Bearer ${await token()}`);
    await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('the scheme may be written in any case', async () => {
    const { secret } = await createApiKey(db.database, { name: 'x', role: 'CLIENT' });
    expect(await authenticator(db.database)(`bearer  ${secret}`)).toMatchObject({ role: 'CLIENT' });
  });

  const random = 'A'.repeat(43);
  test.each([
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['a scheme and a space', 'Bearer '],
    ['another scheme', `Basic ${Buffer.from('a:b').toString('base64')}`],
    ['a key without a scheme', `wsk_${random}`],
    ['two credentials', `Bearer wsk_${random} wsk_${random}`],
    ['a key that is too short', `Bearer wsk_${random.slice(1)}`],
    ['a key that is too long', `Bearer wsk_${random}A`],
    ['a key with another mark', `Bearer WSK_${random}`],
    ['a key with a sign that base64url has not', `Bearer wsk_${random.slice(1)}+`],
    ['something that looks like a token', 'Bearer a.b.c'],
    ['U+0000', 'Bearer \0'],
    ['SQL', "Bearer ' OR true --"],
  ])('%s is refused without a statement', async (_what, header) => {
    for (const settings of [undefined, tokens]) {
      const authenticate = authenticator(db.database, settings);
      const statements = await countStatements(() =>
        expect(authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' }),
      );
      expect(statements).toBe(0);
    }
  });

  test('an unknown, an expired and a revoked key are refused in the same words, which do not repeat the key', async () => {
    const authenticate = authenticator(db.database);
    const expired = await createApiKey(db.database, { name: 'expired', role: 'ADMIN' });
    const revoked = await createApiKey(db.database, { name: 'revoked', role: 'ADMIN' });
    const past = new Date(Date.now() - 1);
    await db.database.apiKey.update({ where: { id: expired.apiKey.id }, data: { expiresAt: past } });
    expect(await authenticate(`Bearer ${revoked.secret}`)).toMatchObject({ role: 'ADMIN' });
    await revokeApiKey(db.database, revoked.apiKey.id);
    const messages = await Promise.all(
      [`wsk_${random}`, expired.secret, revoked.secret].map(async (secret) => {
        const error = await authenticate(`Bearer ${secret}`).catch((error: unknown) => error);
        expect(error).toMatchObject({ code: 'UNAUTHENTICATED' });
        expect(String((error as Error).stack)).not.toContain(secret);
        return (error as Error).message;
      }),
    );
    expect(new Set(messages).size).toBe(1);
  });

  test('notes the use of a key once in a minute, however many requests come', async () => {
    const authenticate = authenticator(db.database);
    const { apiKey, secret } = await createApiKey(db.database, { name: 'used', role: 'CLIENT' });
    const lastUsed = async () =>
      (await db.database.apiKey.findUniqueOrThrow({ where: { id: apiKey.id } })).lastUsedAt;
    const use = (times: number) =>
      countStatements(async () => {
        await Promise.all(Array.from({ length: times }, () => authenticate(`Bearer ${secret}`)));
        await setTimeout(200);
      });
    const noting = await use(8);
    const first = await lastUsed();
    expect(Math.abs(Date.now() - (first?.getTime() ?? 0))).toBeLessThan(10_000);
    expect(await use(8)).toBe(noting - 1);
    expect(await lastUsed()).toEqual(first);
  });

  test('a use that another server noted within the minute is not noted again, and one before it is', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'used', role: 'CLIENT' });
    const usedAgo = (seconds: number) =>
      db.database.apiKey.update({
        where: { id: apiKey.id },
        data: { lastUsedAt: new Date(Date.now() - seconds * 1000) },
      });
    const lastUsedAfterUse = async () => {
      await authenticator(db.database)(`Bearer ${secret}`);
      await setTimeout(200);
      return (await db.database.apiKey.findUniqueOrThrow({ where: { id: apiKey.id } })).lastUsedAt;
    };
    const { lastUsedAt: recent } = await usedAgo(30);
    expect(await lastUsedAfterUse()).toEqual(recent);
    const { lastUsedAt: old } = await usedAgo(90);
    expect((await lastUsedAfterUse())?.getTime()).toBeGreaterThan((old?.getTime() ?? 0) + 60_000);
  });
});

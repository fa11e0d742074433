import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { createApiKey, revokeApiKey } from '../../src/access/api-keys.ts';
import { authenticator } from '../../src/access/authenticate.ts';
import { countStatements } from '../support/count-statements.ts';
import { eventually } from '../support/eventually.ts';
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

/** Everything but `Date`. */
const everyTimer = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'nextTick',
  'queueMicrotask',
  'hrtime',
  'performance',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
] as const;

describe('authenticator', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  const db = testDatabase();

  test('returns the role and number of a key, by one statement', async () => {
    const { authenticate } = authenticator(db.pool);
    for (const role of ['CLIENT', 'ADMIN'] as const) {
      const { apiKey, secret } = await createApiKey(db.database, { name: 'x', role });
      await db.database.apiKey.update({ where: { id: apiKey.id }, data: { lastUsedAt: new Date() } });
      const statements = await countStatements(async () => {
        expect(await authenticate(`Bearer ${secret}`)).toEqual({ role, keyId: apiKey.id });
      });
      expect(statements).toBe(1);
    }
  });

  test('looks up a key once for all requests within a second', async () => {
    const { authenticate } = authenticator(db.pool);
    const { apiKey, secret } = await createApiKey(db.database, { name: 'x', role: 'CLIENT' });
    await db.database.apiKey.update({ where: { id: apiKey.id }, data: { lastUsedAt: new Date() } });
    const at = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    const statements = await countStatements(async () => {
      await Promise.all(Array.from({ length: 8 }, () => authenticate(`Bearer ${secret}`)));
      await authenticate(`Bearer ${secret}`);
    }).finally(() => at.mockRestore());
    expect(statements).toBe(1);
  });

  test('accepts a key until it expires, however recently it was looked up', async () => {
    const { authenticate } = authenticator(db.pool);
    const expiresAt = new Date(Date.now() + 60_000);
    const { secret } = await createApiKey(db.database, { name: 'x', role: 'CLIENT', expiresAt });
    expect(await authenticate(`Bearer ${secret}`)).toMatchObject({ role: 'CLIENT' });
    jest.useFakeTimers({ now: expiresAt.getTime() - 1, doNotFake: [...everyTimer] });
    expect(await authenticate(`Bearer ${secret}`)).toMatchObject({ role: 'CLIENT' });
    jest.setSystemTime(expiresAt);
    await expect(authenticate(`Bearer ${secret}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('returns the user of a token, and an anonymous caller without a header, by no statement', async () => {
    const { authenticate } = authenticator(db.pool, tokens);
    const user = `Bearer ${await token()}`;
    const statements = await countStatements(async () => {
      expect(await authenticate(user)).toEqual({ role: 'USER', userId: 'u1' });
      expect(await authenticate(undefined)).toEqual({ role: 'ANONYMOUS' });
    });
    expect(statements).toBe(0);
  });

  test('refuses tokens if no token settings are given', async () => {
    const refused = authenticator(db.pool).authenticate(`Bearer ${await token()}`);
    await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('accepts the scheme in any case', async () => {
    const { secret } = await createApiKey(db.database, { name: 'x', role: 'CLIENT' });
    expect(await authenticator(db.pool).authenticate(`bearer  ${secret}`)).toMatchObject({ role: 'CLIENT' });
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
    ['a key with a character outside base64url', `Bearer wsk_${random.slice(1)}+`],
    ['something that looks like a token', 'Bearer a.b.c'],
    ['U+0000', 'Bearer \0'],
    ['SQL', "Bearer ' OR true --"],
  ])('refuses %s without a statement', async (_what, header) => {
    for (const settings of [undefined, tokens]) {
      const { authenticate } = authenticator(db.pool, settings);
      const statements = await countStatements(() =>
        expect(authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' }),
      );
      expect(statements).toBe(0);
    }
  });

  test('refuses an unknown, an expired and a revoked key with one message, which does not repeat the key', async () => {
    const { authenticate, forget } = authenticator(db.pool);
    const expired = await createApiKey(db.database, { name: 'expired', role: 'ADMIN' });
    const revoked = await createApiKey(db.database, { name: 'revoked', role: 'ADMIN' });
    const past = new Date(Date.now() - 1);
    await db.database.apiKey.update({ where: { id: expired.apiKey.id }, data: { expiresAt: past } });
    expect(await authenticate(`Bearer ${revoked.secret}`)).toMatchObject({ role: 'ADMIN' });
    await revokeApiKey(db.database, revoked.apiKey.id);
    forget();
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

  test('records the use of a key once a minute, however many requests use it', async () => {
    const { authenticate, forget } = authenticator(db.pool);
    const { apiKey, secret } = await createApiKey(db.database, { name: 'used', role: 'CLIENT' });
    const lastUsed = async () => (await db.database.apiKey.findUniqueOrThrow({ where: { id: apiKey.id } })).lastUsedAt;
    /** Counts the look-up, the statements that record the use, and the one that reads the time. */
    const use = (times: number) =>
      countStatements(async () => {
        await Promise.all(Array.from({ length: times }, () => authenticate(`Bearer ${secret}`)));
        await lastUsed();
      });
    const recording = await use(8);
    const first = await eventually(lastUsed);
    expect(Math.abs(Date.now() - first.getTime())).toBeLessThan(10_000);
    forget();
    expect(await use(8)).toBe(recording - 1);
    expect(await lastUsed()).toEqual(first);
  });

  test('records a use unless another server has recorded one within the last minute', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'used', role: 'CLIENT' });
    const usedAgo = (seconds: number) =>
      db.database.apiKey.update({
        where: { id: apiKey.id },
        data: { lastUsedAt: new Date(Date.now() - seconds * 1000) },
      });
    const lastUsed = async () =>
      (await db.database.apiKey.findUniqueOrThrow({ where: { id: apiKey.id } })).lastUsedAt?.getTime() ?? 0;
    const use = () =>
      countStatements(async () => {
        await authenticator(db.pool).authenticate(`Bearer ${secret}`);
        await lastUsed();
      });
    await usedAgo(30);
    expect(await use()).toBe(1 + 1);
    await usedAgo(90);
    const old = await lastUsed();
    expect(await use()).toBe(1 + 1 + 1);
    await eventually(async () => (await lastUsed()) > old + 60_000);
  });
});

import { describe, expect, jest, test } from '@jest/globals';
import { findApiKey } from '../../src/access/api-keys.ts';
import { endOfWarmstart, startServerProcess } from '../support/server-process.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(120_000);

describe('the command keys', () => {
  const db = testDatabase();
  const keys = (...args: string[]) => endOfWarmstart(['keys', ...args], { DATABASE_URL: db.url });

  test('creates a key and prints only its secret, lists the key without the secret, and revokes it', async () => {
    const made = await keys('create', '--name', 'the shop', '--role', 'client', '--expires', '2099-01-31');
    expect(made.status).toBe(0);
    expect(made.output).toMatch(/^wsk_[A-Za-z0-9_-]{43}\n$/);
    const secret = made.output.trim();
    const key = await findApiKey(db.pool, secret);
    expect(key).toMatchObject({ role: 'CLIENT', expiresAt: new Date('2099-01-31') });
    expect(made.errors).toContain(`Created key ${key?.id} for a client`);

    const listed = (await keys('list')).output;
    expect(listed).toContain(
      `${key?.id}\tclient\t${secret.slice(0, 10)}…\tvalid until 2099-01-31T00:00:00.000Z\tnever\tthe shop\n`,
    );
    expect(listed).not.toContain(secret);

    expect((await keys('revoke', String(key?.id))).status).toBe(0);
    expect(await findApiKey(db.pool, secret)).toBeNull();
    expect((await keys('list')).output).toMatch(/\trevoked \d{4}-/);
  });

  test('serve explains how to create a key if there is no valid key', async () => {
    const serve = async () => {
      const server = await startServerProcess({ DATABASE_URL: db.url, WARMSTART_ENGINE: 'cpu' });
      await server.stop();
      return server.written.output;
    };
    expect(await serve()).toContain('keys create --name NAME --role admin');
    await keys('create', '--name', 'first', '--role', 'admin');
    const output = await serve();
    expect(output).toContain('GraphQL on http://localhost:');
    expect(output).not.toContain('keys create');
  });

  test.each([
    ['no role', ['create', '--name', 'x'], '--role'],
    ['another role', ['create', '--name', 'x', '--role', 'root'], 'client, admin'],
    [
      'a time without a zone',
      ['create', '--name', 'x', '--role', 'admin', '--expires', '2099-01-31T10:00'],
      'ISO 8601',
    ],
    ['a date that does not exist', ['create', '--name', 'x', '--role', 'admin', '--expires', '2099-02-30'], 'ISO 8601'],
    [
      'an expiry in the past',
      ['create', '--name', 'x', '--role', 'admin', '--expires', '2020-01-01'],
      'a time in the future',
    ],
    ['a key that is not there', ['revoke', '4711'], 'there is no API key with the ID'],
    ['an id that is no number', ['revoke', 'x'], 'expected an integer'],
  ])('exits with status 1 and explains what is wrong with %s', async (_what, args, message) => {
    const before = await db.database.apiKey.count();
    const { status, errors, output } = await keys(...args);
    expect(errors).toContain(message);
    expect(errors).not.toMatch(/ {4}at /);
    expect(output).toBe('');
    expect(status).toBe(1);
    expect(await db.database.apiKey.count()).toBe(before);
  });
});

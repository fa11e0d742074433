import { describe, expect, test } from '@jest/globals';
import { readSnapshot } from '../../src/store/read-snapshot.ts';
import { testDatabase } from '../support/test-database.ts';

describe('readSnapshot', () => {
  const db = testDatabase();
  const addUser = (externalId: string) => db.database.user.create({ data: { externalId } });

  test('reads the database as of one moment, while others write', async () => {
    await addUser('before');
    const counts = await readSnapshot(db.database, async (snapshot) => {
      const first = await snapshot.user.count();
      await addUser('meanwhile');
      return [first, await snapshot.user.count()];
    });
    expect(counts).toEqual([1, 1]);
    expect(await db.database.user.count()).toBe(2);
  });

  test('refuses to write', async () => {
    const writing = readSnapshot(db.database, (snapshot) => snapshot.user.create({ data: { externalId: 'never' } }));
    await expect(writing).rejects.toThrow(/read-only transaction/);
    expect(await db.database.user.count({ where: { externalId: 'never' } })).toBe(0);
  });
});

import { describe, expect, test } from '@jest/globals';
import { upsertUser } from '../../src/catalog/users.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

describe('the feature "id"', () => {
  const db = testDatabase();
  const message =
    '"id" cannot be a user feature, since it stands for the client\'s id; give the feature another name';

  test('cannot be declared by a data set, which then loads nothing', async () => {
    const dataset = smallDataset({
      users: [{ id: 'u1', features: {} }],
      fields: [{ entity: 'user', name: 'id', kind: 'categorical' }],
    });
    const load = loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    await expect(load).rejects.toMatchObject({ code: 'INVALID_DATA', message });
    expect(await db.database.user.count()).toBe(0);
  });

  test('cannot be given to a user', async () => {
    await expect(upsertUser(db.database, 'u1', { id: 'x' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message,
    });
  });
});

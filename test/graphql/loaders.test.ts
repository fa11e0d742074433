import { beforeAll, describe, expect, test } from '@jest/globals';
import { createLoaders } from '../../src/graphql/loaders.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

describe('the loaders of a request', () => {
  const db = testDatabase();
  beforeAll(() => loadDataset(db.pool, smallDataset(smallCatalog(2, 3)), { ratingScale: { minimum: 1, maximum: 5 } }));

  test('say that the operation can be sent again if something is deleted while it is answered', async () => {
    const catalog = await LiveCatalog.open({ connections: db.pool });
    const { user, item } = createLoaders({ database: db.database, catalog });
    const { id } = await db.database.user.findUniqueOrThrow({ where: { externalId: 'u1' } });
    expect(await user.load(id)).toMatchObject({ externalId: 'u1' });
    const gone = {
      code: 'UNAVAILABLE',
      message: expect.stringContaining('was deleted while the operation was answered'),
    };
    await expect(user.load(4711)).rejects.toMatchObject(gone);
    await expect(item.load(4711)).rejects.toMatchObject(gone);
  });
});

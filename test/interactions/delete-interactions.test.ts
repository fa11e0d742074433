import { beforeAll, describe, expect, test } from '@jest/globals';
import { deleteInteractions } from '../../src/interactions/delete-interactions.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('deleteInteractions', () => {
  const db = testDatabase();
  const keys = async () =>
    db.database.interaction.findMany({ select: { userId: true, id: true }, orderBy: { id: 'asc' } });
  const popularity = async () => {
    const rows = await db.database.itemPopularity.findMany({ orderBy: { itemId: 'asc' } });
    return rows.map(({ interactions, positives }) => [interactions, positives]);
  };

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 2)), { ratingScale });
    const view = (user: string, item: string) => ({ user, item, type: 'VIEW' }) as const;
    const inputs = [view('u1', 'i1'), view('u1', 'i1'), view('u2', 'i1'), view('u2', 'i2')];
    await recordInteractions(new InteractionWriter(db.pool), { ratingScale }, inputs);
  });

  test('deletes nothing if an interaction is unknown, and names it', async () => {
    const [first] = await keys();
    for (const unknown of [undefined, { userId: 1, id: 99n }]) {
      await expect(deleteInteractions(db.database, [first, unknown])).rejects.toMatchObject({
        errors: [{ code: 'INTERACTION_NOT_FOUND', field: ['interactions', 1] }],
      });
    }
    expect(await keys()).toHaveLength(4);
  });

  test('deletes interactions, which popularity no longer counts', async () => {
    expect(await popularity()).toEqual([
      [3, 2],
      [1, 1],
    ]);
    const [first, second, , fourth] = await keys();
    await deleteInteractions(db.database, [first, first, fourth]);
    // The other view of the same user and item still counts.
    expect(await popularity()).toEqual([
      [2, 2],
      [0, 0],
    ]);
    await deleteInteractions(db.database, [second]);
    expect(await popularity()).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  test('refuses more than 500', async () => {
    await expect(deleteInteractions(db.database, Array(501).fill({ userId: 1, id: 1n }))).rejects.toThrow('1 to 500');
  });
});

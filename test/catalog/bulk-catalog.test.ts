import { describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('an incomplete record', () => {
  const db = testDatabase();
  const incomplete = true;

  const stored = async () => ({
    users: await db.database.user.findMany({
      select: { externalId: true, features: true },
      orderBy: { externalId: 'asc' },
    }),
    items: await db.database.item.findMany({
      select: { externalId: true, title: true },
      orderBy: { externalId: 'asc' },
    }),
    scenarios: await db.database.scenario.findMany({
      select: { externalId: true, title: true, items: { select: { item: { select: { externalId: true } } } } },
      orderBy: { externalId: 'asc' },
    }),
  });

  test('changes no stored user, item or title of a scenario, and new ones are added', async () => {
    const before = smallDataset({
      users: [{ id: 'u1', features: { region: 'north' } }],
      items: [{ id: 'i1', title: 'Lamp', features: {} }],
      scenarios: [{ id: 's1', title: 'Summer', items: [] }],
    });
    await loadDataset(db.pool, before, { ratingScale });
    const after = smallDataset({
      users: ['u1', 'u2'].map((id) => ({ id, features: { region: null }, incomplete })),
      items: ['i1', 'i2'].map((id) => ({ id, title: id, features: {}, incomplete })),
      scenarios: ['s1', 's2'].map((id) => ({ id, title: id, items: ['i1'], incomplete })),
    });
    const { users, items, scenarios } = await loadDataset(db.pool, after, { ratingScale });
    expect([users, items, scenarios]).toEqual([1, 2, 3].map(() => ({ read: 2, added: 1, changed: 0 })));
    const pool = [{ item: { externalId: 'i1' } }];
    expect(await stored()).toEqual({
      users: [
        { externalId: 'u1', features: { region: 'north' } },
        { externalId: 'u2', features: { region: null } },
      ],
      items: [
        { externalId: 'i1', title: 'Lamp' },
        { externalId: 'i2', title: 'i2' },
      ],
      scenarios: [
        { externalId: 's1', title: 'Summer', items: pool },
        { externalId: 's2', title: 's2', items: pool },
      ],
    });
  });
});

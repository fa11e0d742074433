import { describe, expect, test } from '@jest/globals';
import type { ItemRecord } from '../../src/datasets/dataset.ts';
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

describe('the availability of items', () => {
  const db = testDatabase();
  const load = async (items: readonly Omit<ItemRecord, 'features'>[]) => {
    const dataset = smallDataset({ items: items.map((item) => ({ ...item, features: {} })) });
    const report = await loadDataset(db.pool, dataset, { ratingScale });
    return report.items;
  };
  const stored = async () => {
    const items = await db.database.item.findMany({ orderBy: { id: 'asc' } });
    return items.map(({ title, available }) => [title, available]);
  };

  test('is what a new item states, and otherwise true', async () => {
    const items = [
      { id: 'i1', title: 'One', available: false },
      { id: 'i2', title: 'Two', available: true },
      { id: 'i3', title: 'Three' },
      { id: 'i4', title: 'Four', available: false, incomplete: true as const },
    ];
    expect(await load(items)).toEqual({ read: 4, added: 4, changed: 0 });
    expect(await stored()).toEqual([
      ['One', false],
      ['Two', true],
      ['Three', true],
      ['Four', false],
    ]);
    expect(await load(items)).toEqual({ read: 4, added: 0, changed: 0 });
  });

  test('of a stored item changes only if a complete record states another one, and each item counts once', async () => {
    const items = [
      { id: 'i1', title: 'Uno' },
      { id: 'i2', title: 'Dos', available: false },
      { id: 'i3', title: 'Three', available: false },
      { id: 'i4', title: 'Four', available: true, incomplete: true as const },
    ];
    expect(await load(items)).toEqual({ read: 4, added: 0, changed: 3 });
    expect(await stored()).toEqual([
      ['Uno', false],
      ['Dos', false],
      ['Three', false],
      ['Four', false],
    ]);
  });

  test('has the times that a complete record states, and keeps those of a stored item if it states none', async () => {
    const [from, until] = [new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z')];
    const times = async () => {
      const items = await db.database.item.findMany({
        where: { externalId: { startsWith: 't' } },
        orderBy: { id: 'asc' },
      });
      return items.map(({ available, availableFrom, availableUntil }) => [available, availableFrom, availableUntil]);
    };
    const both = { availableFrom: from, availableUntil: until };
    const items = [
      { id: 't1', title: 'One', ...both },
      { id: 't2', title: 'Two', ...both, available: false },
      { id: 't3', title: 'Three', ...both },
      { id: 't4', title: 'Four' },
    ];
    expect(await load(items)).toEqual({ read: 4, added: 4, changed: 0 });
    expect(await load(items)).toEqual({ read: 4, added: 0, changed: 0 });
    const changed = [
      { id: 't1', title: 'Uno' },
      { id: 't2', title: 'Two', availableFrom: null, availableUntil: until },
      { id: 't3', title: 'Three', availableFrom: null, availableUntil: null, incomplete: true as const },
      { id: 't4', title: 'Four', ...both },
    ];
    expect(await load(changed)).toEqual({ read: 4, added: 0, changed: 3 });
    expect(await times()).toEqual([
      [true, from, until],
      [false, null, until],
      [true, from, until],
      [true, from, until],
    ]);
  });

  test('must not end before it begins', async () => {
    const items = [{ id: 'x', title: 'X', availableFrom: new Date(2000), availableUntil: new Date(1000) }];
    const rejected: string[] = [];
    const dataset = smallDataset({ items: items.map((item) => ({ ...item, features: {} })) });
    const onReject = ({ reason }: { readonly reason: string }) => rejected.push(reason);
    await loadDataset(db.pool, dataset, { ratingScale, onReject });
    expect(rejected).toEqual([
      'expected a time after availableFrom (1970-01-01T00:00:02.000Z), got 1970-01-01T00:00:01.000Z',
    ]);
  });
});

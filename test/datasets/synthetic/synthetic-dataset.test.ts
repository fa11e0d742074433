import { describe, expect, test } from '@jest/globals';
import { type SyntheticOptions, syntheticDataset } from '../../../src/datasets/synthetic/synthetic-dataset.ts';
import type { Features } from '../../../src/features/feature-schema.ts';
import { collect } from '../dataset-fixtures.ts';
import { groupBy, mean } from './statistics.ts';

const small: SyntheticOptions = { users: 50, items: 120, scenarios: 5, ratings: 20, seed: 7 };

async function read(options: SyntheticOptions) {
  const dataset = syntheticDataset(options);
  const [users, items, scenarios, interactions] = await Promise.all([
    collect(dataset.users),
    collect(dataset.items),
    collect(dataset.scenarios),
    collect(dataset.interactions),
  ]);
  return { dataset, users, items, scenarios, interactions };
}

describe('syntheticDataset', () => {
  test('yields the same data for the same options and when a stream is read again', async () => {
    const first = await read(small);
    const second = await read(small);
    expect(second.users).toEqual(first.users);
    expect(second.items).toEqual(first.items);
    expect(second.scenarios).toEqual(first.scenarios);
    expect(second.interactions).toEqual(first.interactions);
    expect(await collect(first.dataset.interactions)).toEqual(first.interactions);
  });

  test('yields other data for another seed', async () => {
    const first = await read(small);
    const second = await read({ ...small, seed: 8 });
    expect(second.users.records).not.toEqual(first.users.records);
    expect(second.items.records).not.toEqual(first.items.records);
    expect(second.scenarios.records).not.toEqual(first.scenarios.records);
    const pairs = new Set(first.interactions.records.map(({ userId, itemId }) => `${userId} ${itemId}`));
    const shared = second.interactions.records.filter(({ userId, itemId }) => pairs.has(`${userId} ${itemId}`));
    expect(shared.length / pairs.size).toBeLessThan(0.5);
  });

  test('has the requested numbers of users, items and scenarios, with unique IDs and item titles', async () => {
    const { users, items, scenarios } = await read({ ...small, items: 1200, scenarios: 25 });
    expect(new Set(users.records.map(({ id }) => id)).size).toBe(50);
    expect(new Set(items.records.map(({ id }) => id)).size).toBe(1200);
    expect(new Set(items.records.map(({ title }) => title)).size).toBe(1200);
    expect(new Set(scenarios.records.map(({ id }) => id)).size).toBe(25);
  });

  test('has about the requested number of ratings per user, and at most one per item', async () => {
    const { interactions } = await read({ ...small, users: 400, items: 300 });
    const histories = [...groupBy(interactions.records, ({ userId }) => userId).values()];
    expect(histories).toHaveLength(400);
    expect(Math.abs(mean(histories.map(({ length }) => length)) - 20)).toBeLessThan(2);
    for (const history of histories) {
      expect(history.length).toBeGreaterThanOrEqual(10);
      expect(new Set(history.map(({ itemId }) => itemId)).size).toBe(history.length);
    }
  });

  test('has ratings of 1 to 5 whole stars, at increasing times for each user, none after 2025', async () => {
    const { interactions } = await read(small);
    expect(new Set(interactions.records.map(({ value }) => value))).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(new Set(interactions.records.map(({ type }) => type))).toEqual(new Set(['RATE']));
    for (const history of groupBy(interactions.records, ({ userId }) => userId).values()) {
      const times = history.map(({ time }) => time?.getTime() ?? Number.NaN);
      for (let index = 1; index < times.length; index++) expect(times[index]).toBeGreaterThan(times[index - 1]!);
      expect(times.at(-1)).toBeLessThan(Date.UTC(2026, 0, 1));
    }
  });

  test('refers only to its own users and items, and lists each item of a pool once', async () => {
    const { users, items, scenarios, interactions } = await read(small);
    const userIds = new Set(users.records.map(({ id }) => id));
    const itemIds = new Set(items.records.map(({ id }) => id));
    expect(interactions.records.every(({ userId, itemId }) => userIds.has(userId) && itemIds.has(itemId))).toBe(true);
    for (const pool of scenarios.records) {
      expect(pool.items.every((id) => itemIds.has(id))).toBe(true);
      expect(new Set(pool.items).size).toBe(pool.items.length);
    }
  });

  test('declares exactly the features of its users and items, of all three kinds', async () => {
    const { dataset, users, items } = await read(small);
    const kindOf = (value: Features[string]) =>
      typeof value === 'number' ? 'numeric' : typeof value === 'string' ? 'categorical' : 'multiValued';
    const given = [
      ...users.records.map(({ features }) => ['user', features] as const),
      ...items.records.map(({ features }) => ['item', features] as const),
    ].flatMap(([entity, features]) =>
      Object.entries(features).map(([name, value]) => `${entity} ${name} ${kindOf(value)}`),
    );
    const declared = dataset.fields.map(({ entity, name, kind }) => `${entity} ${name} ${kind}`);
    expect(new Set(given)).toEqual(new Set(declared));
    expect(new Set(dataset.fields.map(({ kind }) => kind))).toEqual(new Set(['categorical', 'multiValued', 'numeric']));
  });

  test('numbers its records and reports zero bytes', async () => {
    const { dataset, interactions } = await read(small);
    expect(interactions.rows.map(({ line }) => line)).toEqual(interactions.rows.map((_, index) => index + 1));
    expect(interactions.rows[0]?.file).toBe('synthetic ratings');
    expect([dataset.bytes, interactions.bytes]).toEqual([0, 0]);
  });

  test('describes its seed and sizes in its title', () => {
    const { name, title } = syntheticDataset({ users: 1000 });
    expect(name).toBe('synthetic');
    expect(title).toBe('synthetic sample (seed 1): 1,000 users, 800 items, 12 scenarios, about 40 ratings a user');
  });

  test('accepts 1 for every size', async () => {
    const { interactions, scenarios } = await read({ users: 1, items: 1, scenarios: 1, ratings: 1 });
    expect(interactions.records).toHaveLength(1);
    expect(scenarios.records[0]?.items).toEqual(['item-0001']);
  });

  test.each([
    [{ users: 0 }, 'expected a whole number from 1 as users of the synthetic data, got 0'],
    [{ items: 2.5 }, 'expected a whole number from 1 as items of the synthetic data, got 2.5'],
    [{ seed: 2 ** 40 }, 'expected a whole number of 32 bits as seed of the synthetic data, got 1099511627776'],
    [
      { items: 30, ratings: 31 },
      'expected at most as many ratings a user as items (30) as ratings of the synthetic data, got 31',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => syntheticDataset(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIGURATION', message }),
    );
  });
});

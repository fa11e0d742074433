import { beforeAll, describe, expect, test } from '@jest/globals';
import type { InteractionRecord, ItemRecord, ScenarioRecord, UserRecord } from '../../../src/datasets/dataset.ts';
import { type ShopOptions, shopDataset } from '../../../src/datasets/shop/shop-dataset.ts';
import { collect } from '../dataset-fixtures.ts';
import { groupBy, mean } from '../synthetic/statistics.ts';

const small: ShopOptions = { users: 20, items: 200, interactions: 15, seed: 3 };

async function read(options: ShopOptions) {
  const dataset = shopDataset(options);
  return {
    users: (await collect(dataset.users)).records,
    items: (await collect(dataset.items)).records,
    scenarios: (await collect(dataset.scenarios)).records,
    interactions: (await collect(dataset.interactions)).records,
  };
}

describe('shopDataset', () => {
  test('yields the same data for the same options, and other data for another seed', async () => {
    const first = await read(small);
    expect(await read(small)).toEqual(first);
    const other = await read({ ...small, seed: 4 });
    for (const part of ['users', 'items', 'interactions'] as const) expect(other[part]).not.toEqual(first[part]);
  });

  test.each([
    [{ users: 0 }, 'expected a whole number from 1 as users of the synthetic data, got 0'],
    [{ interactions: 1.5 }, 'expected a whole number from 1 as interactions of the synthetic data, got 1.5'],
    [{ seed: 2 ** 40 }, 'expected a whole number of 32 bits as seed of the synthetic data, got 1099511627776'],
  ])('refuses %j', (options, message) => {
    expect(() => shopDataset(options)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message }));
  });
});

// These tests use only the records, without knowledge of how they were generated.
describe('the data of the shop', () => {
  let users: readonly UserRecord[];
  let items: readonly ItemRecord[];
  let scenarios: readonly ScenarioRecord[];
  let interactions: readonly InteractionRecord[];
  const itemsById = new Map<string, ItemRecord>();
  const featureOf = (name: string) => (event: InteractionRecord) => String(itemsById.get(event.itemId)!.features[name]);

  beforeAll(async () => {
    ({ users, items, scenarios, interactions } = await read({ users: 600, items: 1500 }));
    for (const item of items) itemsById.set(item.id, item);
  });

  const byUser = () => [...groupBy(interactions, ({ userId }) => userId).values()];

  test('have prices that span three decades, and most of them are low', () => {
    const prices = items.map(({ features }) => features.price as number).sort((a, b) => a - b);
    expect(prices.at(-1)! / prices[0]!).toBeGreaterThan(1000);
    expect(mean(prices)).toBeGreaterThan(2 * prices[750]!);
  });

  test('have a page for each category, with its products', () => {
    expect(scenarios.flatMap((scenario) => scenario.items).sort()).toEqual(items.map(({ id }) => id).sort());
    for (const { title, items: pool } of scenarios)
      expect(new Set(pool.map((id) => itemsById.get(id)!.features.category))).toEqual(new Set([title]));
  });

  test('have no ratings: carts are of viewed products, and purchases of products in the cart', () => {
    const before = { CART: 'VIEW', PURCHASE: 'CART' } as Record<string, string>;
    const isOutOfOrder = ({ type, itemId }: InteractionRecord, earlier: readonly InteractionRecord[]) =>
      type in before && !earlier.some((other) => other.itemId === itemId && other.type === before[type]);
    const outOfOrder = byUser().flatMap((events) =>
      events.filter((event, index) => isOutOfOrder(event, events.slice(0, index))),
    );
    expect(outOfOrder).toEqual([]);
    expect(interactions.filter(({ value }) => value !== null)).toEqual([]);
    const count = (wanted: string) => interactions.filter(({ type }) => type === wanted).length;
    expect(count('VIEW')).toBeGreaterThan(2 * count('CART'));
    expect(count('CART')).toBeGreaterThan(1.5 * count('PURCHASE'));
    expect(count('PURCHASE')).toBeGreaterThan(interactions.length / 20);
  });

  test('have the interactions of a user in the order of time', () => {
    for (const events of byUser()) {
      const times = events.map(({ time }) => time!.getTime());
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    }
  });

  test('have users who view four categories most of the time, and others too', () => {
    const shares = byUser()
      .filter(({ length }) => length >= 40)
      .map((events) => {
        const counts = [...groupBy(events, featureOf('category')).values()].map(({ length }) => length);
        const first = counts.sort((a, b) => b - a).slice(0, 4);
        return first.reduce((sum, some) => sum + some, 0) / events.length;
      });
    expect(mean(shares)).toBeGreaterThan(0.75);
    expect(mean(shares)).toBeLessThan(0.98);
  });

  test('have users who keep to a price level within a category', () => {
    const inCategory = groupBy(interactions, featureOf('category'));
    const level = (event: InteractionRecord) => Math.log(itemsById.get(event.itemId)!.features.price as number);
    const meanLevel = new Map([...inCategory].map(([category, events]) => [category, mean(events.map(level))]));
    const dearness = (event: InteractionRecord) => level(event) - meanLevel.get(featureOf('category')(event))!;
    const halves = byUser()
      .filter(({ length }) => length >= 40)
      .map((events) => [events.filter((_, index) => index % 2 === 0), events.filter((_, index) => index % 2 === 1)]);
    const products = halves.map(([even, odd]) => mean(even!.map(dearness)) * mean(odd!.map(dearness)));
    // Independent halves would have a mean product of 0.
    const error = Math.sqrt(mean(products.map((value) => value ** 2)) / products.length);
    expect(mean(products)).toBeGreaterThan(5 * error);
  });

  test('have popular and unpopular products', () => {
    const counts = [...groupBy(interactions, ({ itemId }) => itemId).values()].map(({ length }) => length);
    counts.sort((a, b) => b - a);
    const first = counts.slice(0, items.length / 10).reduce((sum, count) => sum + count, 0);
    expect(first / interactions.length).toBeGreaterThan(0.3);
  });

  test('have users with an age band and a country', () => {
    for (const { features } of users) expect(Object.keys(features).sort()).toEqual(['ageBand', 'country']);
  });
});

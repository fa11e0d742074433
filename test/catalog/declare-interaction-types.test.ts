import { beforeAll, describe, expect, test } from '@jest/globals';
import { countPositives, declareInteractionTypes, type Query } from '../../src/catalog/declare-interaction-types.ts';
import { declaredTypes } from '../../src/catalog/interaction-types.ts';
import { defaultInteractionTypes, type GivenType } from '../../src/features/interaction-types.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { withConnection, within } from '../../src/store/transaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

/** Declares types and counts what popularity counts, as the API does. */
async function declared(query: Query, given: readonly GivenType[]) {
  const { types, changesCounts } = await declareInteractionTypes(query, given);
  if (changesCounts) await countPositives(query);
  return types;
}

describe('declareInteractionTypes', () => {
  const db = testDatabase();
  const declare = (...types: GivenType[]) =>
    withConnection(db.pool, (client) =>
      within(client, () => declared(async (text, values) => (await client.query(text, [...values])).rows, types)),
    );
  const positives = async () => (await db.database.itemPopularity.findMany()).map((row) => row.positives);

  beforeAll(async () => {
    const event = (userId: string, type: string, value: number | null = null) => {
      return { userId, itemId: 'i1', type, value, time: null };
    };
    const interactions = [
      event('u1', 'CLICK'),
      event('u1', 'CLICK'),
      event('u2', 'CLICK'),
      event('u1', 'CART', 3),
      event('u1', 'CART', 1),
    ];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(2, 2), interactions }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
  });

  test('finds the default types on a new platform', async () => {
    expect((await declaredTypes(db.database)).all).toEqual(defaultInteractionTypes);
  });

  test('adds types after those that are declared, with defaults', async () => {
    const { names, all } = await declare({ name: 'SHARE', weight: 2 }, { name: 'SKIP', polarity: 'NEGATIVE' });
    expect(names.slice(8)).toEqual(['SHARE', 'SKIP']);
    expect(all[8]).toEqual({
      name: 'SHARE',
      polarity: 'POSITIVE',
      weight: 2,
      positiveFrom: null,
      countsAsSeen: true,
      countsOnce: true,
      expiresAfterDays: null,
    });
    expect((await declaredTypes(db.database)).all).toEqual(all);
  });

  test('gives a declared type another meaning, and counts what popularity counts again', async () => {
    // Two users clicked and one put it into the cart.
    expect(await positives()).toEqual([3]);
    await declare({ name: 'CLICK', countsOnce: false });
    expect(await positives()).toEqual([4]);
    await declare({ name: 'CLICK', polarity: 'NEGATIVE' }, { name: 'CART', positiveFrom: 2, countsOnce: false });
    expect(await positives()).toEqual([1]);
    await declare({ name: 'CART', positiveFrom: 4 });
    expect(await positives()).toEqual([0]);
    const { all } = await declare({ name: 'CLICK' }, { name: 'CART' });
    expect(await positives()).toEqual([3]);
    expect(all.slice(0, 8)).toEqual(defaultInteractionTypes);
  });

  test('keeps which ratings are positive', async () => {
    const { all } = await declare({ name: 'RATE', weight: 3 });
    expect(all[0]).toMatchObject({ weight: 3, positiveFrom: 4 });
  });

  test.each<[GivenType, RegExp]>([
    [{ name: 'share' }, /types\.0\.name: expected 1 to 40 capital letters.*got "share"/],
    [{ name: 'A'.repeat(41) }, /types\.0\.name/],
    [{ name: 'IGNORE' }, /types\.0\.name: expected another name, since IGNORE has a meaning of its own/],
    [{ name: 'RATE', polarity: 'NEGATIVE' }, /types\.0\.polarity: expected POSITIVE for RATE/],
    [{ name: 'RATE', positiveFrom: 2 }, /types\.0\.positiveFrom: expected none for RATE/],
    [{ name: 'A', polarity: 'NEUTRAL', positiveFrom: 2 }, /types\.0\.positiveFrom: expected none/],
    [{ name: 'A', positiveFrom: -1 }, /types\.0\.positiveFrom: expected a number from 0/],
    [{ name: 'A', weight: 0 }, /types\.0\.weight: expected a number above 0 and at most 100, got 0/],
    [{ name: 'A', weight: Number.NaN }, /types\.0\.weight/],
    [{ name: 'A', expiresAfterDays: 36_501 }, /types\.0\.expiresAfterDays/],
  ])('refuses %j, and changes nothing', async (type, message) => {
    const before = await declaredTypes(db.database);
    await expect(declare(type, { name: 'FINE' })).rejects.toThrow(message);
    expect(await declaredTypes(db.database)).toEqual(before);
  });

  test('refuses a name that is there twice', async () => {
    await expect(declare({ name: 'TWICE' }, { name: 'TWICE' })).rejects.toThrow(
      'types.1.name: expected each name once, got "TWICE" again',
    );
  });

  test('refuses more than 32 types', async () => {
    const many = Array.from({ length: 23 }, (_, n) => ({ name: `MORE_${n}` }));
    await expect(declare(...many)).rejects.toThrow('expected at most 32 declared types, got 10 and 23 more');
    expect((await declare(...many.slice(0, 22))).all).toHaveLength(32);
  });

  test('declares from several connections at the same time, each type once', async () => {
    await Promise.all([1, 2, 3, 4].map((weight) => declare({ name: 'MORE_1', weight })));
    expect((await declaredTypes(db.database)).all).toHaveLength(32);
  });
});

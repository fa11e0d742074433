import { beforeAll, describe, expect, test } from '@jest/globals';
import type { InteractionRecord, ItemRecord, ScenarioRecord, UserRecord } from '../../../src/datasets/dataset.ts';
import { syntheticDataset } from '../../../src/datasets/synthetic/synthetic-dataset.ts';
import { collect } from '../dataset-fixtures.ts';
import { correlation, groupBy, mean, variance } from './statistics.ts';

// These tests use only the records, without knowledge of how they were generated.

/** A rating minus its user's mean and its item's mean, plus the overall mean: the part that is taste and noise. */
interface Residual {
  readonly userId: string;
  readonly genres: readonly string[];
  readonly value: number;
}

type Affinity = ReadonlyMap<string, number>;

let users: readonly UserRecord[];
let items: readonly ItemRecord[];
let scenarios: readonly ScenarioRecord[];
let ratings: readonly InteractionRecord[];
let residuals: readonly Residual[];

beforeAll(async () => {
  const dataset = syntheticDataset();
  users = (await collect(dataset.users)).records;
  items = (await collect(dataset.items)).records;
  scenarios = (await collect(dataset.scenarios)).records;
  ratings = (await collect(dataset.interactions)).records;
  residuals = residualsOf(ratings);
});

function starsOf({ value }: { value: number | null }): number {
  return value ?? Number.NaN;
}

function genresOf(item: ItemRecord): readonly string[] {
  return item.features.genres as readonly string[];
}

function residualsOf(records: readonly InteractionRecord[]): Residual[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const meanBy = (keyOf: (record: InteractionRecord) => string) =>
    new Map([...groupBy(records, keyOf)].map(([key, group]) => [key, mean(group.map(starsOf))]));
  const overall = mean(records.map(starsOf));
  const ofUser = meanBy(({ userId }) => userId);
  const ofItem = meanBy(({ itemId }) => itemId);
  return records.map((record) => ({
    userId: record.userId,
    genres: genresOf(byId.get(record.itemId)!),
    value: starsOf(record) - ofUser.get(record.userId)! - ofItem.get(record.itemId)! + overall,
  }));
}

/** Returns the mean residual of each genre, shrunk towards 0 by two added residuals of 0. */
function affinityOf(some: readonly Residual[]): Affinity {
  const pairs = some.flatMap(({ genres, value }) => genres.map((genre) => ({ genre, value })));
  return new Map(
    [...groupBy(pairs, ({ genre }) => genre)].map(([genre, group]) => [
      genre,
      group.reduce((sum, { value }) => sum + value, 0) / (group.length + 2),
    ]),
  );
}

/** Returns the correlation of residuals with their predictions from each user's affinity. */
function foretells(affinityFor: (userId: string) => Affinity, some: readonly Residual[]): number {
  const told = some.map(({ userId, genres }) => {
    const affinity = affinityFor(userId);
    return mean(genres.map((genre) => affinity.get(genre) ?? 0));
  });
  return correlation(
    told,
    some.map(({ value }) => value),
  );
}

/** Returns every second residual of each user: the even places if `odd` is 0, the odd places if it is 1. */
function half(odd: number): Residual[] {
  return [...groupBy(residuals, ({ userId }) => userId).values()].flatMap((history) =>
    history.filter((_, index) => index % 2 === odd),
  );
}

/** Returns the largest share of the items that any two genres cover. */
function shareOfTwoGenres(some: readonly ItemRecord[]): number {
  const genres = [...new Set(some.flatMap(genresOf))];
  const shares = genres.flatMap((first) =>
    genres.map((second) => some.filter((item) => genresOf(item).some((g) => g === first || g === second)).length),
  );
  return Math.max(...shares) / some.length;
}

describe('synthetic popularity', () => {
  test('gives the top tenth of the items a third to a half of the ratings', () => {
    const counts = [...groupBy(ratings, ({ itemId }) => itemId).values()].map(({ length }) => length);
    counts.sort((a, b) => b - a);
    const top = counts.slice(0, items.length / 10).reduce((sum, count) => sum + count, 0);
    expect(top / ratings.length).toBeGreaterThan(1 / 3);
    expect(top / ratings.length).toBeLessThan(1 / 2);
  });

  test('falls along a line on logarithmic scales, as in Zipf’s law', () => {
    const counts = [...groupBy(ratings, ({ itemId }) => itemId).values()].map(({ length }) => length);
    counts.sort((a, b) => b - a);
    const ranks = counts.map((_, index) => Math.log(index + 1)).slice(9, 400);
    const logCounts = counts.map(Math.log).slice(9, 400);
    const slope = correlation(ranks, logCounts) * Math.sqrt(variance(logCounts) / variance(ranks));
    expect(correlation(ranks, logCounts)).toBeLessThan(-0.98);
    // Drawing without replacement slightly flattens the exponent of 0.8.
    expect(slope).toBeGreaterThan(-0.95);
    expect(slope).toBeLessThan(-0.6);
  });
});

describe('synthetic taste', () => {
  test('predicts a user’s other ratings and not those of another user', () => {
    const histories = groupBy(half(0), ({ userId }) => userId);
    const affinities = new Map([...histories].map(([user, history]) => [user, affinityOf(history)]));
    const ids = [...affinities.keys()];
    const next = new Map(ids.map((id, index) => [id, ids[(index + 1) % ids.length]!]));
    const own = foretells((user) => affinities.get(user)!, half(1));
    const others = foretells((user) => affinities.get(next.get(user)!)!, half(1));
    // Users mostly rate what they like, so their ratings differ less by taste than their choice of items does.
    expect(own).toBeGreaterThan(0.2);
    expect(Math.abs(others)).toBeLessThan(0.08);
  });

  test('is less than half as visible in the ratings of users with the same features', () => {
    const features = new Map(users.map(({ id, features: f }) => [id, `${f.ageGroup} ${f.region}`]));
    const alike = groupBy(half(0), ({ userId }) => features.get(userId)!);
    const affinities = new Map(
      users.map(({ id }) => {
        const peers = alike.get(features.get(id)!)!.filter(({ userId }) => userId !== id);
        return [id, affinityOf(peers)];
      }),
    );
    const histories = groupBy(half(0), ({ userId }) => userId);
    const own = new Map([...histories].map(([user, history]) => [user, affinityOf(history)]));
    const fromPeers = foretells((user) => affinities.get(user)!, half(1));
    expect(fromPeers).toBeGreaterThan(0);
    expect(fromPeers).toBeLessThan(0.5 * foretells((user) => own.get(user)!, half(1)));
  });

  test('makes users rate more items of the genres that they like', () => {
    const share = [...groupBy(residuals, ({ userId }) => userId).values()].flatMap((history) => {
      const affinity = affinityOf(history);
      const counts = groupBy(
        history.flatMap(({ genres }) => genres),
        (genre) => genre,
      );
      return [...affinity].map(([genre, liking]) => ({
        liking,
        count: counts.get(genre)!.length / history.length,
      }));
    });
    const together = correlation(
      share.map(({ liking }) => liking),
      share.map(({ count }) => count),
    );
    expect(together).toBeGreaterThan(0.1);
  });

  test('makes up, together with noise, more than half of the variance of ratings', () => {
    const spread = variance(ratings.map(starsOf));
    expect(spread).toBeGreaterThan(0.7);
    expect(spread).toBeLessThan(1.4);
    expect(variance(residuals.map(({ value }) => value)) / spread).toBeGreaterThan(0.5);
  });
});

describe('synthetic scenarios', () => {
  test('are pools of 6% to 15% of the items', () => {
    for (const pool of scenarios) {
      expect(pool.items.length / items.length).toBeGreaterThan(0.055);
      expect(pool.items.length / items.length).toBeLessThan(0.155);
    }
  });

  test('consist mostly of two genres, unlike the catalog', () => {
    const byId = new Map(items.map((item) => [item.id, item]));
    for (const pool of scenarios) expect(shareOfTwoGenres(pool.items.map((id) => byId.get(id)!))).toBeGreaterThan(0.8);
    expect(shareOfTwoGenres(items)).toBeLessThan(0.4);
  });

  test('contain items that the same users like', () => {
    const pool = new Map(scenarios.map(({ id, items: members }) => [id, new Set(members)]));
    const sums = ratings.map((rating, index) => ({ rating, residual: residuals[index]!.value }));
    const products = [...groupBy(sums, ({ rating }) => rating.userId).values()].flatMap((history) =>
      [...pool.values()].flatMap((members) => {
        const inside = history.filter(({ rating }) => members.has(rating.itemId)).map(({ residual }) => residual);
        return inside.slice(1).map((value, index) => value * inside[index]!);
      }),
    );
    // Residuals of one user within a pool tend to have the same sign. For unrelated items, the mean product is 0.
    expect(mean(products) / variance(residuals.map(({ value }) => value))).toBeGreaterThan(0.1);
  });
});

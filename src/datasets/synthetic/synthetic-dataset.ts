import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, Dataset, InteractionRecord } from '../dataset.ts';
import { checkSettings, invalidSetting, oneBatch, sourced } from './generated-batches.ts';
import { randomStream } from './random.ts';
import { makeItems, type SyntheticItem, syntheticItemFields } from './synthetic-items.ts';
import { rateItems } from './synthetic-ratings.ts';
import { makeScenarios } from './synthetic-scenarios.ts';
import { makeUsers, type SyntheticUser, syntheticUserFields } from './synthetic-users.ts';

export interface SyntheticOptions {
  readonly users?: number;
  readonly items?: number;
  readonly scenarios?: number;
  /** The average number of ratings per user, at most `items`. */
  readonly ratings?: number;
  /** A 32-bit integer. The same options give the same data; another seed gives entirely different data. */
  readonly seed?: number;
}

const defaults: Required<SyntheticOptions> = { users: 600, items: 800, scenarios: 12, ratings: 40, seed: 1 };

/** User-item pairs processed in one turn of the event loop, which takes some milliseconds. */
const pairsATurn = 30_000;

/**
 * Generates users, items, scenarios and ratings with the structure that recommenders depend on.
 *
 * Popularity is skewed. Tastes are latent. Item features explain most of what an item offers, and user features little
 * of what a user likes, so a model that adapts to ratings is better than one that only knows features. Users and items
 * are generated at once, ratings while they are read.
 *
 * Throws INVALID_CONFIGURATION if a count is not a positive integer, or if there are more ratings per user than items.
 */
export function syntheticDataset(options: SyntheticOptions = {}): Dataset {
  const settings = { ...defaults, ...options };
  check(settings);
  const { seed } = settings;
  const users = makeUsers(randomStream(seed, 0), settings.users);
  const items = makeItems(randomStream(seed, 1), settings.items);
  const scenarios = makeScenarios(randomStream(seed, 2), items, settings.scenarios);
  return {
    name: 'synthetic',
    title: titleOf(settings),
    fields: [...syntheticUserFields, ...syntheticItemFields],
    bytes: 0,
    users: () =>
      oneBatch(
        'users',
        users.map(({ record }) => record),
      ),
    items: () =>
      oneBatch(
        'items',
        items.map(({ record }) => record),
      ),
    scenarios: () => oneBatch('scenarios', scenarios),
    interactions: () => ratings(settings, users, items),
  };
}

async function* ratings(
  settings: Required<SyntheticOptions>,
  users: readonly SyntheticUser[],
  items: readonly SyntheticItem[],
): AsyncGenerator<Batch<InteractionRecord>> {
  const random = randomStream(settings.seed, 3);
  const usersATurn = Math.ceil(pairsATurn / items.length);
  let line = 1;
  for (let start = 0; start < users.length; start += usersATurn) {
    const some = users.slice(start, start + usersATurn);
    const records = some.flatMap((user) => rateItems(random, user, items, settings.ratings));
    yield { rows: sourced('ratings', records, line), bytes: 0 };
    line += records.length;
    await nextTurn();
  }
}

function check(settings: Required<SyntheticOptions>): void {
  checkSettings(settings);
  if (settings.ratings > settings.items)
    throw invalidSetting('ratings', `at most as many ratings a user as items (${settings.items})`, settings.ratings);
}

function titleOf({ users, items, scenarios, ratings, seed }: Required<SyntheticOptions>): string {
  const number = (count: number) => count.toLocaleString('en-US');
  return (
    `synthetic sample (seed ${seed}): ${number(users)} users, ${number(items)} items, ` +
    `${number(scenarios)} scenarios, about ${number(ratings)} ratings a user`
  );
}

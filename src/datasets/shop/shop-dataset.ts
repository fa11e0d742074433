import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, Dataset, InteractionRecord } from '../dataset.ts';
import { checkSettings, oneBatch, sourced } from '../synthetic/generated-batches.ts';
import { randomStream } from '../synthetic/random.ts';
import { customerFields, makeCustomers, type ShopCustomer } from './shop-customers.ts';
import { type Assortment, categoryPages, productFields, stockShop } from './shop-products.ts';
import { shop } from './shop-visits.ts';

export interface ShopOptions {
  readonly users?: number;
  readonly items?: number;
  /** The average number of interactions per user. */
  readonly interactions?: number;
  /** A 32-bit integer. The same options give the same data; another seed gives entirely different data. */
  readonly seed?: number;
}

const defaults: Required<ShopOptions> = { users: 3000, items: 5000, interactions: 67, seed: 1 };

/** Customers whose visits are generated in one turn of the event loop, which takes some milliseconds. */
const customersATurn = 10;

/**
 * Generates what customers do in a shop: they view products, put some of them in the cart (`CLICK`), and buy some of
 * these. There are no ratings.
 *
 * Each customer comes for a few categories, likes some brands more than others, and has a price level; a fifth of the
 * visits has nothing to do with that. Features of customers say little. Prices span three decades, and popularity within
 * a category follows Zipf's law. Each category has a page, which is a scenario with the category's products.
 *
 * Throws INVALID_CONFIGURATION if a count is not a positive integer.
 */
export function shopDataset(options: ShopOptions = {}): Dataset {
  const settings = { ...defaults, ...options };
  checkSettings(settings);
  const { seed } = settings;
  const assortment = stockShop(randomStream(seed, 0), settings.items);
  const customers = makeCustomers(randomStream(seed, 1), settings.users, assortment);
  const records = <T>(of: readonly { readonly record: T }[]) => of.map(({ record }) => record);
  return {
    name: 'shop',
    title: titleOf(settings),
    fields: [...customerFields, ...productFields],
    bytes: 0,
    users: () => oneBatch('users', records(customers)),
    items: () => oneBatch('items', records(assortment.products)),
    scenarios: () => oneBatch('scenarios', categoryPages(assortment)),
    interactions: () => interactions(settings, customers, assortment),
  };
}

async function* interactions(
  settings: Required<ShopOptions>,
  customers: readonly ShopCustomer[],
  assortment: Assortment,
): AsyncGenerator<Batch<InteractionRecord>> {
  const random = randomStream(settings.seed, 2);
  let line = 1;
  for (let start = 0; start < customers.length; start += customersATurn) {
    const some = customers.slice(start, start + customersATurn);
    const records = some.flatMap((customer) => shop(random, customer, assortment, settings.interactions));
    yield { rows: sourced('interactions', records, line), bytes: 0 };
    line += records.length;
    await nextTurn();
  }
}

function titleOf({ users, items, interactions, seed }: Required<ShopOptions>): string {
  const number = (count: number) => count.toLocaleString('en-US');
  return (
    `synthetic shop (seed ${seed}): ${number(users)} users, ${number(items)} items, ` +
    `about ${number(interactions)} interactions a user`
  );
}

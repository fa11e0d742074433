import type { DefaultTypeName } from '../../features/interaction-types.ts';
import type { InteractionRecord } from '../dataset.ts';
import { exponential, normal, type Random, uniform } from '../synthetic/random.ts';
import { pickWeighted } from './pick-weighted.ts';
import { appealOf, type ShopCustomer } from './shop-customers.ts';
import type { Assortment, ShopProduct } from './shop-products.ts';

/** The share of visits in which a customer looks at what is popular anywhere, as for a present. */
const exploration = 0.2;
/** The mean number of products that a customer looks at in a visit, besides the first. */
const furtherViews = 4;
/** A product that the customer knows is looked at again this much less often. */
const again = 0.3;
/** The probability that a customer puts a product in the cart that suits as well as the average of what is looked at. */
const cartRate = 0.25;
/** The probability that a customer buys what is in the cart. */
const purchaseRate = 0.5;
/** The standard deviation of the logarithm of history lengths. */
const spread = 0.6;
const shortestHistory = 8;

const firstDay = Date.UTC(2025, 0, 1);
const minute = 60 * 1000;
const day = 24 * 60 * minute;

/** Generates one customer's interactions in the order of time, on average `average` of them. */
export function shop(
  random: Random,
  customer: ShopCustomer,
  assortment: Assortment,
  average: number,
): InteractionRecord[] {
  const length = Math.max(
    Math.min(shortestHistory, average),
    Math.round(average * Math.exp(spread * normal(random) - spread ** 2 / 2)),
  );
  const events: InteractionRecord[] = [];
  const known = new Set<ShopProduct>();
  let time = firstDay + Math.floor(uniform(random) * 200 * day);
  const record = (product: ShopProduct, type: DefaultTypeName) => {
    time += Math.ceil(2 * minute * exponential(random));
    events.push({ userId: customer.record.id, itemId: product.record.id, value: null, time: new Date(time), type });
  };
  while (events.length < length) {
    time += Math.ceil(4 * day * exponential(random));
    for (const { product, suits } of lookAround(random, customer, assortment, known)) {
      record(product, 'VIEW');
      if (uniform(random) > Math.min(cartRate * suits, 0.9)) continue;
      record(product, 'CART');
      if (uniform(random) < purchaseRate) record(product, 'PURCHASE');
    }
  }
  return events.slice(0, length);
}

/** A product that a customer looks at, and how well it suits them beside the others of the visit: 1 on average. */
interface Look {
  readonly product: ShopProduct;
  readonly suits: number;
}

/** Draws the products of a visit. All are of one category. */
function lookAround(
  random: Random,
  customer: ShopCustomer,
  { byCategory, logTraffic }: Assortment,
  known: Set<ShopProduct>,
): Look[] {
  const explores = uniform(random) < exploration;
  const traffic = logTraffic.map((value, category) => (byCategory[category]?.length ? Math.exp(value) : 0));
  const category = pickWeighted(random, explores ? traffic : customer.interests);
  const products = byCategory[category] as readonly ShopProduct[];
  const logWeights = products.map((product) => (explores ? product.logPopularity : appealOf(customer, product)));
  const looks = Math.min(1 + Math.floor(furtherViews * exponential(random)), products.length);
  const seen = new Set<number>();
  for (let look = 0; look < looks; look++) {
    const weights = logWeights.map((value, index) =>
      seen.has(index) ? 0 : Math.exp(value) * (known.has(products[index] as ShopProduct) ? again : 1),
    );
    seen.add(pickWeighted(random, weights));
  }
  const chosen = [...seen].map((index) => products[index] as ShopProduct);
  for (const product of chosen) known.add(product);
  return withSuitability(customer, chosen);
}

/** What suits a customer does not depend on how popular it is. */
function withSuitability(customer: ShopCustomer, products: readonly ShopProduct[]): Look[] {
  const suits = products.map((product) => Math.exp(appealOf(customer, product) - product.logPopularity));
  const mean = suits.reduce((sum, value) => sum + value, 0) / suits.length;
  return products.map((product, index) => ({ product, suits: (suits[index] as number) / mean }));
}

import type { FeatureField } from '../../features/feature-schema.ts';
import type { UserRecord } from '../dataset.ts';
import { exponential, integer, normal, pick, type Random, uniform } from '../synthetic/random.ts';
import { pickWeighted } from './pick-weighted.ts';
import type { Assortment, ShopProduct } from './shop-products.ts';
import { ageBands, brands, categories, countries } from './shop-words.ts';

/** A customer with the preferences behind what they do. */
export interface ShopCustomer {
  readonly record: UserRecord;
  /** How often the customer comes for each category, up to a constant. 0 for all but a few categories. */
  readonly interests: readonly number[];
  /** Indices into `brands`. */
  readonly likedBrands: ReadonlySet<number>;
  /** The preferred dearness of products, see `ShopProduct`. */
  readonly priceLevel: number;
}

export const customerFields: readonly FeatureField[] = [
  { entity: 'user', name: 'ageBand', kind: 'categorical' },
  { entity: 'user', name: 'country', kind: 'categorical' },
];

const interestsPerCustomer = { fewest: 2, most: 4 };
/** The share of all brands that a customer likes. */
const likedShare = 0.2;
/** The logarithm of how much more often a customer looks at a liked brand. */
const brandLoyalty = 1.5;
/** How fast interest falls with the squared distance of a product's dearness from the customer's price level. */
const priceStrictness = 0.5;
/** The deviation of the logarithm of a category's traffic between ages, and between countries: features say little. */
const featureEffect = 0.4;

/** Generates customers. Each comes for two to four categories, likes some brands, and has a price level. */
export function makeCustomers(random: Random, count: number, { byCategory, logTraffic }: Assortment): ShopCustomer[] {
  const ofAge = new Map(ageBands.map((band) => [band, effects(random)]));
  const ofCountry = new Map(countries.map((country) => [country, effects(random)]));
  return Array.from({ length: count }, (_, index) => {
    const ageBand = pick(random, ageBands);
    const country = pick(random, countries);
    const demand = logTraffic.map((traffic, category) =>
      (byCategory[category] as readonly ShopProduct[]).length === 0
        ? 0
        : Math.exp(traffic + (ofAge.get(ageBand)?.[category] ?? 0) + (ofCountry.get(country)?.[category] ?? 0)),
    );
    return {
      record: { id: `customer-${String(index + 1).padStart(4, '0')}`, features: { ageBand, country } },
      interests: drawInterests(random, demand),
      likedBrands: new Set([...brands.keys()].filter(() => uniform(random) < likedShare)),
      priceLevel: normal(random),
    };
  });
}

/** Returns the logarithm of how often a customer looks at a product of a category they come for, up to a constant. */
export function appealOf({ likedBrands, priceLevel }: ShopCustomer, product: ShopProduct): number {
  const loyalty = likedBrands.has(product.brand) ? brandLoyalty : 0;
  return product.logPopularity + loyalty - priceStrictness * (product.dearness - priceLevel) ** 2;
}

function effects(random: Random): readonly number[] {
  return categories.map(() => featureEffect * normal(random));
}

/** Draws a few categories by demand. The shares of the customer's visits are those of exponential draws. */
function drawInterests(random: Random, demand: readonly number[]): readonly number[] {
  const interests = demand.map(() => 0);
  const count = integer(random, interestsPerCustomer.fewest, interestsPerCustomer.most);
  for (let drawn = 0; drawn < count; drawn++) {
    const left = demand.map((weight, category) => (interests[category] === 0 ? weight : 0));
    if (left.every((weight) => weight === 0)) break;
    interests[pickWeighted(random, left)] = 0.2 + exponential(random);
  }
  return interests;
}

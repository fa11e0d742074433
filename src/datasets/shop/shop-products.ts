import type { FeatureField } from '../../features/feature-schema.ts';
import type { ItemRecord, ScenarioRecord } from '../dataset.ts';
import { normal, type Random, uniform } from '../synthetic/random.ts';
import { pickWeighted } from './pick-weighted.ts';
import { brands, categories, productTitle } from './shop-words.ts';

/** A product with the variables behind what customers do with it. */
export interface ShopProduct {
  readonly record: ItemRecord;
  /** An index into `categories`. */
  readonly category: number;
  /** An index into `brands`. */
  readonly brand: number;
  /** How dear it is for its category, in standard deviations of the logarithm of the price. */
  readonly dearness: number;
  /** The logarithm of how often customers without preferences look at it, up to a constant of its category. */
  readonly logPopularity: number;
}

/** The products of a shop, and how many customers come for each category. */
export interface Assortment {
  readonly products: readonly ShopProduct[];
  /** By category: the products. */
  readonly byCategory: readonly (readonly ShopProduct[])[];
  /** By category: the logarithm of the number of customers, up to a constant. */
  readonly logTraffic: readonly number[];
}

export const productFields: readonly FeatureField[] = [
  { entity: 'item', name: 'category', kind: 'categorical' },
  { entity: 'item', name: 'brand', kind: 'categorical' },
  { entity: 'item', name: 'price', kind: 'numeric' },
];

const brandsPerCategory = 8;
/** Zipf's law: within a category, the product of rank r is looked at with a probability proportional to r^−0.8. */
const popularityExponent = 0.8;
/** Decimal logarithms of prices: the range of the categories' levels, and the deviations of brands and of products. */
const prices = { lowest: 0.9, highest: 2.7, brand: 0.15, product: 0.25 };
const deviations = { categorySize: 0.5, traffic: 0.5, brandAppeal: 0.3 };

/** Generates products whose prices span three decades and whose popularity is skewed. */
export function stockShop(random: Random, count: number): Assortment {
  const sizes = categories.map(() => Math.exp(deviations.categorySize * normal(random)));
  const levels = categories.map(() => prices.lowest + (prices.highest - prices.lowest) * uniform(random));
  const traits = brands.map(() => ({
    price: prices.brand * normal(random),
    appeal: deviations.brandAppeal * normal(random),
  }));
  const sold = categories.map(() => brandWeights(random));
  const ranks = categories.map(() => 0);
  const spread = Math.hypot(prices.brand, prices.product);
  // The first products of a category are its most popular ones, so IDs are drawn apart from them.
  const ids = shuffledNumbers(random, count);
  const products = ids.map((number): ShopProduct => {
    const category = pickWeighted(random, sizes);
    const brand = pickWeighted(random, sold[category] as readonly number[]);
    const { price: brandPrice, appeal } = traits[brand] as (typeof traits)[number];
    const above = brandPrice + prices.product * normal(random);
    ranks[category] = (ranks[category] as number) + 1;
    const price = Math.max(Number((10 ** ((levels[category] as number) + above)).toFixed(2)), 0.5);
    const names = { category: categories[category] as string, brand: brands[brand] as string };
    return {
      record: {
        id: `product-${String(number).padStart(4, '0')}`,
        title: productTitle(random, names.brand, names.category, number),
        features: { ...names, price },
      },
      category,
      brand,
      dearness: above / spread,
      logPopularity: appeal - popularityExponent * Math.log(ranks[category] as number),
    };
  });
  return {
    products: [...products].sort((a, b) => (a.record.id < b.record.id ? -1 : 1)),
    byCategory: categories.map((_, category) => products.filter((product) => product.category === category)),
    logTraffic: sizes.map((size) => Math.log(size) + deviations.traffic * normal(random)),
  };
}

/** Returns a scenario for each category that has products: its page, with its products as the pool. */
export function categoryPages({ byCategory }: Assortment): ScenarioRecord[] {
  return byCategory.flatMap((products, category) => {
    const title = categories[category] as string;
    const items = products.map(({ record }) => record.id).sort();
    return items.length > 0 ? [{ id: title.toLowerCase().replaceAll(' ', '-'), title, items }] : [];
  });
}

/** The weights of all brands in a category, most of them 0. The r-th brand of a category has 1/r of the first one's. */
function brandWeights(random: Random): readonly number[] {
  const weights = brands.map(() => 0);
  for (let rank = 1; rank <= brandsPerCategory; rank++) {
    weights[
      pickWeighted(
        random,
        weights.map((weight) => (weight === 0 ? 1 : 0)),
      )
    ] = 1 / rank;
  }
  return weights;
}

/** Returns the numbers from 1 to `count` in random order. */
function shuffledNumbers(random: Random, count: number): number[] {
  const numbers = Array.from({ length: count }, (_, index) => ({ number: index + 1, place: uniform(random) }));
  return numbers.sort((a, b) => a.place - b.place).map(({ number }) => number);
}

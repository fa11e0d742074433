import type { FeatureField } from '../../features/feature-schema.ts';
import type { ItemRecord } from '../dataset.ts';
import { blend, type Latent, randomLatent, randomLatents } from './latent.ts';
import { integer, normal, pick, pickSome, type Random } from './random.ts';
import { eras, genres, inventTitles, makers } from './words.ts';

/** Zipf's law: the item of rank r is drawn with a probability proportional to r^−0.8. */
const popularityExponent = 0.8;

/** An item with the latent variables behind its ratings. */
export interface SyntheticItem {
  readonly record: ItemRecord;
  /** What the item offers. */
  readonly latent: Latent;
  /** The quality that all users see, standard normal. */
  readonly quality: number;
  /** The logarithm of how often users see it, relative to the most popular item. */
  readonly logPopularity: number;
}

export const syntheticItemFields: readonly FeatureField[] = [
  { entity: 'item', name: 'genres', kind: 'multiValued' },
  { entity: 'item', name: 'maker', kind: 'categorical' },
  { entity: 'item', name: 'era', kind: 'categorical' },
  { entity: 'item', name: 'minutes', kind: 'numeric' },
];

/** The weights of an item's features and of its own variation in its latent. Their squares add up to about 1. */
const weights = { genres: 0.85, maker: 0.3, era: 0.2, own: 0.38 };

/** Generates items whose features explain most of what they offer. */
export function makeItems(random: Random, count: number): SyntheticItem[] {
  const ofGenre = randomLatents(random, genres);
  const ofMaker = randomLatents(random, makers);
  const ofEra = randomLatents(random, eras);
  const titles = inventTitles(random, count);
  const ranks = pickSome(random, [...titles.keys()], count);
  return titles.map((title, index) => {
    const itsGenres = pickSome(random, genres, integer(random, 1, 2));
    const maker = pick(random, makers);
    const era = pick(random, eras);
    const latent = blend([
      [weights.genres, blend(itsGenres.map((genre) => [1, ofGenre.get(genre) as Latent]))],
      [weights.maker, ofMaker.get(maker) as Latent],
      [weights.era, ofEra.get(era) as Latent],
      [weights.own, randomLatent(random)],
    ]);
    const features = { genres: itsGenres, maker, era, minutes: minutesOf(latent, random) };
    return {
      record: { id: `item-${String(index + 1).padStart(4, '0')}`, title, features },
      latent,
      quality: normal(random),
      logPopularity: -popularityExponent * Math.log((ranks[index] as number) + 1),
    };
  });
}

/** The length depends on the first dimension of taste: 100 minutes on average, plus 20 for each unit. */
function minutesOf(latent: Latent, random: Random): number {
  return Math.max(10, Math.round(100 + 20 * (latent[0] as number) + 8 * normal(random)));
}

import type { ScenarioRecord } from '../dataset.ts';
import { agreement, randomLatent } from './latent.ts';
import { pickSome, type Random, uniform } from './random.ts';
import type { SyntheticItem } from './synthetic-items.ts';
import { numbered, occasions } from './words.ts';

/** The shares of the catalogue that the smallest and the largest pool have. */
const shares = { smallest: 0.06, largest: 0.15 };

/** How much a pool prefers items of its two genres, in units of the agreement's standard deviation. */
const genreBonus = 2;

/** Occasions, each a pool of the items that suit it best: they offer something alike, most in one of two genres. */
export function makeScenarios(
  random: Random,
  items: readonly SyntheticItem[],
  count: number,
): ScenarioRecord[] {
  const genres = [...new Set(items.flatMap(genresOf))];
  return Array.from({ length: count }, (_, index) => {
    const title = numbered(occasions, index);
    const direction = randomLatent(random);
    const preferred = new Set(pickSome(random, genres, Math.min(2, genres.length)));
    const share = shares.smallest + (shares.largest - shares.smallest) * uniform(random);
    const suits = (item: SyntheticItem) =>
      agreement(item.latent, direction) +
      (genresOf(item).some((genre) => preferred.has(genre)) ? genreBonus : 0);
    const pool = items.map((item) => ({ id: item.record.id, suits: suits(item) }));
    pool.sort((a, b) => b.suits - a.suits);
    const chosen = pool.slice(0, Math.max(1, Math.round(share * items.length)));
    return { id: title.toLowerCase().replaceAll(' ', '-'), title, items: chosen.map(({ id }) => id).sort() };
  });
}

function genresOf({ record }: SyntheticItem): readonly string[] {
  return record.features.genres as readonly string[];
}

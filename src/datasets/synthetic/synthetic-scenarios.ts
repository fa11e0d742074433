import type { ScenarioRecord } from '../dataset.ts';
import { agreement, randomLatent } from './latent.ts';
import { pickSome, type Random, uniform } from './random.ts';
import type { SyntheticItem } from './synthetic-items.ts';
import { numbered, occasions } from './words.ts';

/** The shares of the catalog in the smallest and the largest pool. */
const shares = { smallest: 0.06, largest: 0.15 };

/** How strongly a pool prefers items of its two genres, in standard deviations of the agreement. */
const genreBonus = 2;

/** Generates scenarios. A pool has the items that suit the scenario best, most of them from two genres. */
export function makeScenarios(random: Random, items: readonly SyntheticItem[], count: number): ScenarioRecord[] {
  const genres = [...new Set(items.flatMap(genresOf))];
  return Array.from({ length: count }, (_, index) => {
    const title = numbered(occasions, index);
    const direction = randomLatent(random);
    const preferred = new Set(pickSome(random, genres, Math.min(2, genres.length)));
    const share = shares.smallest + (shares.largest - shares.smallest) * uniform(random);
    const suits = (item: SyntheticItem) =>
      agreement(item.latent, direction) + (genresOf(item).some((genre) => preferred.has(genre)) ? genreBonus : 0);
    const pool = items.map((item) => ({ id: item.record.id, suits: suits(item) }));
    pool.sort((a, b) => b.suits - a.suits);
    const chosen = pool.slice(0, Math.max(1, Math.round(share * items.length)));
    return { id: title.toLowerCase().replaceAll(' ', '-'), title, items: chosen.map(({ id }) => id).sort() };
  });
}

function genresOf({ record }: SyntheticItem): readonly string[] {
  return record.features.genres as readonly string[];
}

import type { InteractionRecord } from '../dataset.ts';
import { agreement } from './latent.ts';
import { exponential, normal, type Random, uniform } from './random.ts';
import type { SyntheticItem } from './synthetic-items.ts';
import type { SyntheticUser } from './synthetic-users.ts';

/** The mean of a rating before rounding and clipping, and the standard deviations of its parts, in stars. */
export const stars = { mean: 3.4, quality: 0.35, kindness: 0.3, taste: 0.9, noise: 0.4 };

/** How much more often users see what they like: e^1.5 times for each standard deviation of agreement. */
const curiosity = 1.5;

/** The standard deviation of the logarithm of history lengths. */
const spread = 0.4;
const shortestHistory = 10;

const firstDay = Date.UTC(2024, 0, 1);
const day = 24 * 60 * 60 * 1000;
const hour = day / 24;
const minute = hour / 60;

/** Generates one user's ratings in the order of time, each of a different item, on average `average` of them. */
export function rateItems(
  random: Random,
  user: SyntheticUser,
  items: readonly SyntheticItem[],
  average: number,
): InteractionRecord[] {
  const count = historyLength(random, average, items.length);
  let time = firstDay + Math.floor(uniform(random) * 300 * day);
  return drawItems(random, user, items, count).map((item) => {
    time += minute + Math.floor(6 * hour * exponential(random));
    const value = rate(random, user, item);
    return { userId: user.record.id, itemId: item.record.id, value, time: new Date(time), type: 'RATE' };
  });
}

function rate(random: Random, { taste, kindness }: SyntheticUser, { latent, quality }: SyntheticItem): number {
  const value =
    stars.mean +
    stars.quality * quality +
    stars.kindness * kindness +
    stars.taste * agreement(taste, latent) +
    stars.noise * normal(random);
  return Math.min(5, Math.max(1, Math.round(value)));
}

/**
 * Draws from a log-normal distribution with the mean `average`, limited to at least ten and at most the number of
 * items.
 */
function historyLength(random: Random, average: number, items: number): number {
  const length = Math.round(average * Math.exp(spread * normal(random) - spread ** 2 / 2));
  return Math.min(items, Math.max(Math.min(shortestHistory, average), length));
}

/**
 * Draws without replacement with probabilities proportional to `popularity · e^(curiosity · agreement)`, by taking the
 * items with the greatest log weight plus Gumbel noise (Yellott 1977, Kool et al. 2019).
 */
function drawItems(
  random: Random,
  { taste }: SyntheticUser,
  items: readonly SyntheticItem[],
  count: number,
): SyntheticItem[] {
  const keys = items.map(
    ({ latent, logPopularity }) => logPopularity + curiosity * agreement(taste, latent) - Math.log(exponential(random)),
  );
  const order = [...keys.keys()].sort((a, b) => (keys[b] as number) - (keys[a] as number));
  return order.slice(0, count).map((index) => items[index] as SyntheticItem);
}

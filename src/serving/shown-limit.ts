import type { Recommender } from '../models/recommender.ts';

/** Most pairs that are shown to a model which would take any number. */
const maxShown = 2000;

/** How many of the most recent pairs a support set has, without the negatives that take as many places again. */
export function shownLimit({ supportLimit, support }: Recommender): number {
  const most = Math.min(supportLimit, maxShown);
  return support === 'positivesAndNegatives' ? Math.floor(most / 2) : most;
}

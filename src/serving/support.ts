import type { Entity } from '../features/entity.ts';
import type { Embeddings, Recommender, SupportSet } from '../models/recommender.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { ServedModel } from './served-models.ts';

/** The pairs that a model is adapted to, by internal ids: known interactions, oldest first, and after them negatives. */
export interface Support extends ItemRevisions {
  /** Whose each pair is, 0 for a visitor's; a user's own history has them all the same. */
  readonly userIds: readonly number[];
  /** Those users by their ids; none for somebody's own history, and nobody who was deleted a moment ago. */
  readonly users: ReadonlyMap<number, Entity>;
  readonly labels: Float32Array;
  /** How many pairs, the first, are known interactions. */
  readonly known: number;
  /** For each known pair, the row of the negative that would not be there without it; `undefined` where there is none. */
  readonly negatives: readonly (number | undefined)[];
}

/** The support set as a model reads it; `users` have a row a pair, or one for all. */
export async function embedSupport(
  { embeddings }: ServedModel,
  support: Support,
  users: Embeddings,
): Promise<SupportSet> {
  return { users, items: await embeddings.embed(support), labels: support.labels };
}

/** Most pairs that are shown to a model which would take any number. */
const maxShown = 2000;

/** How many of the most recent pairs a support set has, without the negatives that take as many places again. */
export function shownLimit({ supportLimit, support }: Recommender): number {
  const most = Math.min(supportLimit, maxShown);
  return support === 'positivesAndNegatives' ? Math.floor(most / 2) : most;
}

import type { Entity } from '../features/entity.ts';
import type { Embeddings, SupportSet } from '../models/recommender.ts';
import type { Candidates } from './item-embeddings.ts';
import type { ServedModel } from './served-models.ts';

/** The pairs that a model is adapted to, by internal ids: known interactions, oldest first, and after them negatives. */
export interface Support extends Candidates {
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

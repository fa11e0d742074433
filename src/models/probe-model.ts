import { WarmstartError } from '../common/errors.ts';
import { typeIndex } from '../features/interaction-types.ts';
import { type Embeddings, type Recommender, type SupportSet, selectEmbeddings } from './recommender.ts';

/** How many items a probe scores. */
export const probedItems = 100;
/** The probed history has this many of the items. */
const historyLength = 5;
/** Fewer items can have the same score by chance, or because a model knows none of them. */
const enoughToDiffer = 10;

/**
 * Scores items, for a user without history and for one who likes the first of them. `items` are the most popular ones,
 * because a model knows most about these.
 *
 * Throws INVALID_DATA if a score, a predicted rating or a number of a vector is not finite, or if all items have the
 * same score in both cases. Rejects like the methods of the recommender.
 */
export async function probeModel(recommender: Recommender, user: Embeddings, items: Embeddings): Promise<void> {
  const scored: Float32Array[] = [];
  for (const length of [0, Math.min(historyLength, items.rows)]) {
    const support = historyOf(user, items, length);
    const scores = await recommender.score(await recommender.adapt(support), user, items);
    scored.push(scores);
    checkFinite('scores', scores);
    if (recommender.retrieval) checkFinite('vectors', await recommender.retrieval.taskVector(support, user));
    if (recommender.ratings) checkFinite('ratings', await predictRatings(recommender.ratings, support, items));
  }
  if (items.rows >= enoughToDiffer && scored.every(isConstant))
    throw new WarmstartError('INVALID_DATA', `the model gives the same score to all of ${items.rows} items`);
}

function historyOf(users: Embeddings, items: Embeddings, length: number): SupportSet {
  return {
    users,
    items: selectEmbeddings(
      items,
      Array.from({ length }, (_, row) => row),
    ),
    labels: new Float32Array(length).fill(1),
    types: new Uint8Array(length).fill(typeIndex('VIEW')),
  };
}

async function predictRatings(
  ratings: NonNullable<Recommender['ratings']>,
  support: SupportSet,
  items: Embeddings,
): Promise<Float32Array> {
  return ratings.predict(await ratings.adapt(support), items);
}

function checkFinite(name: string, numbers: Float32Array): void {
  const wrong = numbers.find((number) => !Number.isFinite(number));
  if (wrong !== undefined)
    throw new WarmstartError(
      'INVALID_DATA',
      `the model computes ${name} that are not finite numbers, such as ${wrong}`,
    );
}

function isConstant(scores: Float32Array): boolean {
  return scores.every((score) => score === scores[0]);
}

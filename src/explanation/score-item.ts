import type { Adaptation, Embeddings } from '../models/recommender.ts';
import type { ServedModel } from '../serving/served-models.ts';

/** The score of one item, `[1, width]`, for one user. */
export async function scoreItem(
  { recommender }: ServedModel,
  adaptation: Adaptation,
  user: Embeddings,
  item: Embeddings,
): Promise<number> {
  const [score] = await recommender.score(adaptation, user, item);
  return score as number;
}

import type { SupportSet } from '../models/recommender.ts';
import { embedListSupport } from './adapted-model.ts';
import type { RecommendationList } from './recommendation-list.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';
import type { ScoredRow } from './top-rows.ts';

/**
 * Returns the rating that the recipient would give an item of the page, by row; `null` if the list's model predicts
 * none.
 */
export type PredictRating = (row: number) => Promise<number | null>;

/** Items of a list with what it takes to predict their ratings. */
export interface RatedPage {
  readonly list: RecommendationList;
  readonly items: readonly ScoredRow[];
}

/**
 * Returns how the ratings of a page are predicted. Nothing is computed before the first call, and then all items of the
 * page together. The scores of a model that predicts ratings are its predictions. Ratings are the recipient's, so a
 * scenario's model predicts none; in its lists, the personal model does, whose scores are never ratings.
 */
export function ratingsOfPage(session: ServingSession, page: RatedPage): PredictRating {
  let ratings: Promise<ReadonlyMap<number, number>> | undefined;
  return async (row) => {
    ratings ??= predictRatings(session, page);
    return (await ratings).get(row) ?? null;
  };
}

async function predictRatings(session: ServingSession, page: RatedPage): Promise<ReadonlyMap<number, number>> {
  const { model, personal } = page.list;
  const own = model?.taskKind === 'USER' ? model : personal;
  if (!own) return new Map();
  return session.platform.models.use(own.versionId, async (served) => {
    const { predictsLabels, support } = served.recommender;
    // With negatives, labels only say whether an item is liked.
    if (predictsLabels && support === 'labels') return new Map(page.items.map(({ row, score }) => [row, score]));
    return session.compute(() => predictByHead(session, served, page));
  });
}

/** The list has been made by the model, so its support set is not missing, and it has been read. */
async function predictByHead(
  session: ServingSession,
  served: ServedModel,
  { list, items }: RatedPage,
): Promise<ReadonlyMap<number, number>> {
  const { ratings } = served.recommender;
  if (!ratings) return new Map();
  const support = (await embedListSupport(session, served, 'USER', list)) as SupportSet;
  const rows = items.map(({ row }) => row);
  const predicted = await ratings.predict(await ratings.adapt(support), await served.embeddings.embed(rows));
  return new Map(rows.map((row, index) => [row, predicted[index] as number]));
}

import type { SupportSet } from '../models/recommender.ts';
import { embedListSupport } from './adapted-model.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { RecommendationList } from './recommendation-list.ts';
import type { ScoredItem } from './score-candidates.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';

/** Returns the rating that the recipient would give an item of the page; `null` if the list's model predicts none. */
export type PredictRating = (itemId: number) => Promise<number | null>;

/** Items of a list with what it takes to predict their ratings. */
export interface RatedPage {
  readonly list: RecommendationList;
  /** Contains the items. */
  readonly candidates: ItemRevisions;
  readonly items: readonly ScoredItem[];
}

/**
 * Returns how the ratings of a page are predicted. Nothing is computed before the first call, and then all items of the
 * page together. The scores of a model that predicts ratings are its predictions. Ratings are the recipient's, so a
 * scenario's model predicts none; in its lists, the personal model does, whose scores are never ratings.
 */
export function ratingsOfPage(session: ServingSession, page: RatedPage): PredictRating {
  let ratings: Promise<ReadonlyMap<number, number>> | undefined;
  return async (itemId) => {
    ratings ??= predictRatings(session, page);
    return (await ratings).get(itemId) ?? null;
  };
}

async function predictRatings(session: ServingSession, page: RatedPage): Promise<ReadonlyMap<number, number>> {
  const { model, personal } = page.list;
  const own = model?.taskKind === 'USER' ? model : personal;
  if (!own) return new Map();
  return session.platform.models.use(own.versionId, async (served) => {
    const { predictsLabels, support } = served.recommender;
    // With negatives, labels only say whether an item is liked.
    if (predictsLabels && support === 'labels') return new Map(page.items.map(({ itemId, score }) => [itemId, score]));
    return session.compute(() => predictByHead(session, served, page));
  });
}

/** The list has been made by the model, so its support set is not missing, and it has been read. */
async function predictByHead(
  session: ServingSession,
  served: ServedModel,
  { list, candidates, items }: RatedPage,
): Promise<ReadonlyMap<number, number>> {
  const { ratings } = served.recommender;
  if (!ratings) return new Map();
  const support = (await embedListSupport(session, served, 'USER', list)) as SupportSet;
  const listed = revisionsOf(items, candidates);
  const predicted = await ratings.predict(await ratings.adapt(support), await served.embeddings.embed(listed));
  return new Map(listed.ids.map((id, row) => [id, predicted[row] as number]));
}

function revisionsOf(items: readonly ScoredItem[], { ids, revisions }: ItemRevisions): ItemRevisions {
  const listed = new Set(items.map(({ itemId }) => itemId));
  const rows = [...ids.keys()].filter((row) => listed.has(ids[row] as number));
  return { ids: rows.map((row) => ids[row] as number), revisions: rows.map((row) => revisions[row] as number) };
}

import { listGone } from './cursors.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { ListArguments } from './list-conditions.ts';
import { listByPopularity } from './popular-items.ts';
import { type PredictRating, ratingsOfPage } from './predicted-ratings.ts';
import { recommendationCursors } from './recommendation-cursor.ts';
import { openList, popularInstead, type RecommendationList } from './recommendation-list.ts';
import { best, placeOf, type ScoredItem } from './score-candidates.ts';
import { scoreList } from './score-list.ts';
import type { ServingSession } from './serving-session.ts';

export interface RecommendationRequest extends ListArguments {
  /** The number of items, at least 1. */
  readonly first: number;
  readonly after?: string | null | undefined;
}

/**
 * Why an item is in a list: a model scored it, adapted to interactions or by the recipient's features alone, it is
 * popular, or it has no interactions yet.
 */
export type RecommendationReason = 'ADAPTED' | 'PROFILE' | 'POPULAR' | 'FRESH';

export interface Recommendation {
  readonly itemId: number;
  /** The model's score; the number of positive interactions for an item that no model scored. */
  readonly score: number;
  readonly reason: RecommendationReason;
  readonly modelVersionId: number | null;
  readonly cursor: string;
  /** Returns the rating that the recipient would give the item, see `ratingsOfPage`. */
  predictRating(): Promise<number | null>;
}

export interface RecommendationPage {
  readonly recommendations: readonly Recommendation[];
  readonly hasNextPage: boolean;
}

/** Returns a page of a list. Throws like `openList` and `listItems`. */
export async function recommend(session: ServingSession, request: RecommendationRequest): Promise<RecommendationPage> {
  const list = await openList(session, request, request.after);
  const listed = await listItems(session, list, request.first + 1);
  return makePage(session, listed, request.first);
}

/** Items in the order of a list, and the list with everything that its later pages need. */
export interface ListedItems {
  readonly list: RecommendationList;
  readonly items: readonly (ScoredItem & { readonly reason: RecommendationReason })[];
  /** What the list's model scored; none in a list of popular items. */
  readonly candidates: ItemRevisions;
}

/**
 * Returns the first `limit` items of a list after its cursor. Lists of one session that are requested together are read
 * together. Throws INVALID_CURSOR if the support set of the earlier pages has been deleted.
 */
export async function listItems(
  session: ServingSession,
  list: RecommendationList,
  limit: number,
): Promise<ListedItems> {
  const adapted = await adaptedItems(session, list, limit);
  // The cursor's score is from the model, so the list cannot continue by popularity.
  if (!adapted && list.after && list.model) throw listGone();
  return adapted ?? popularItems(session, list, limit);
}

/**
 * Returns a page of the listed items, leaving out the items in `without`. There is another page if at least one more
 * item was listed.
 */
export async function makePage(
  session: ServingSession,
  { list, items, candidates }: ListedItems,
  first: number,
  without: ReadonlySet<number> = new Set(),
): Promise<RecommendationPage> {
  const key = await session.platform.cursorKey.read();
  const open = items.filter(({ itemId }) => !without.has(itemId));
  const shown = open.slice(0, first);
  const predictRating = ratingsOfPage(session, { list, candidates, items: shown });
  return {
    recommendations: shown.map(({ itemId, score, reason }) => {
      const cursor = cursorOf(key, list, { itemId, score });
      const modelVersionId = list.model?.versionId ?? null;
      return new ListedRecommendation({ itemId, score, reason, modelVersionId, cursor }, predictRating);
    }),
    hasNextPage: open.length > first,
  };
}

/** A recommendation whose enumerable fields are plain data. */
class ListedRecommendation implements Recommendation {
  readonly itemId: number;
  readonly score: number;
  readonly reason: RecommendationReason;
  readonly modelVersionId: number | null;
  readonly cursor: string;
  readonly #predictRating: PredictRating;

  constructor(
    { itemId, score, reason, modelVersionId, cursor }: Omit<Recommendation, 'predictRating'>,
    predictRating: PredictRating,
  ) {
    this.itemId = itemId;
    this.score = score;
    this.reason = reason;
    this.modelVersionId = modelVersionId;
    this.cursor = cursor;
    this.#predictRating = predictRating;
  }

  predictRating(): Promise<number | null> {
    return this.#predictRating(this.itemId);
  }
}

/** Returns items scored by the list's model; `undefined` without a model or a support set. */
async function adaptedItems(
  session: ServingSession,
  list: RecommendationList,
  limit: number,
): Promise<ListedItems | undefined> {
  const scored = await scoreList(session, list);
  if (!scored) return undefined;
  // The next page needs the personal model if and only if it is part of this page.
  const { personalScale } = scored;
  if (list.after?.personal && personalScale === null) throw listGone();
  const personal = list.personal && personalScale !== null ? { ...list.personal, scale: personalScale } : null;
  const { candidates } = scored;
  const { ids, cold, bounds } = candidates;
  const coldItems = new Set(cold);
  const reason = scored.known > 0 ? ('ADAPTED' as const) : ('PROFILE' as const);
  const items = ids.map((itemId, index) => ({
    itemId,
    score: scored.scores[index] as number,
    reason: coldItems.has(itemId) ? ('FRESH' as const) : reason,
  }));
  const place = list.after && placeOf(items, list.after);
  return { list: { ...list, personal, bounds }, items: best(items, limit, place), candidates };
}

async function popularItems(session: ServingSession, opened: RecommendationList, limit: number): Promise<ListedItems> {
  const list = popularInstead(opened);
  const { observer } = session.platform;
  const { USER, SCENARIO } = (await session.moment()).activeVersions;
  const hasModel = (list.scenario && SCENARIO !== null) || USER !== null;
  observer.servedPopular(hasModel ? 'nothing_to_adapt_to' : 'no_model');
  const moment = { newestItemId: list.bounds.newestItemId, watermark: list.popularityWatermark };
  const popular = await listByPopularity(session, list.conditions, moment, limit, list.after);
  const items = popular.map(({ itemId, score, interactions }) => ({
    itemId,
    score,
    reason: interactions === 0 ? ('FRESH' as const) : ('POPULAR' as const),
  }));
  return { list, items, candidates: { ids: [], revisions: [] } };
}

function cursorOf(
  key: Uint8Array,
  { name, model, personal, recipient, scenario, bounds, seenBy, popularityWatermark }: RecommendationList,
  place: ScoredItem,
): string {
  return recommendationCursors.encode(key, name, {
    modelVersionId: model?.versionId ?? null,
    personal: personal && { modelVersionId: personal.versionId, scale: personal.scale as number },
    watermark: recipient.watermark,
    scenarioWatermark: scenario?.watermark ?? 0n,
    popularityWatermark,
    bounds,
    seenBy,
    ...place,
  });
}

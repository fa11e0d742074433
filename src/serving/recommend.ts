import { listGone } from './cursors.ts';
import type { ListArguments } from './list-conditions.ts';
import { listByPopularity } from './popular-items.ts';
import { recommendationCursors } from './recommendation-cursor.ts';
import { openList, type RecommendationList } from './recommendation-list.ts';
import { best, placeOf, type ScoredItem, scoreCandidates } from './score-candidates.ts';
import type { ServingSession } from './serving-session.ts';

export interface RecommendationRequest extends ListArguments {
  /** How many, at least 1. */
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** Why an item is in the list: the model adapted to somebody, or many people like it, or nobody has met it yet. */
export type RecommendationReason = 'ADAPTED' | 'POPULAR' | 'FRESH';

export interface Recommendation {
  readonly itemId: number;
  /** The model's score; for an item that no model scored, how many interactions it has. */
  readonly score: number;
  readonly reason: RecommendationReason;
  readonly modelVersionId: number | null;
  readonly cursor: string;
}

export interface RecommendationPage {
  readonly recommendations: readonly Recommendation[];
  readonly hasNextPage: boolean;
}

/** A page of a list. Throws as `openList` and `listItems` do. */
export async function recommend(
  session: ServingSession,
  request: RecommendationRequest,
): Promise<RecommendationPage> {
  const list = await openList(session, request, request.after);
  const listed = await listItems(session, list, request.first + 1);
  return makePage(session, listed, request.first);
}

/** Items in the order of a list, and the list as its later pages are to know it. */
export interface ListedItems {
  readonly made: RecommendationList;
  readonly items: readonly (ScoredItem & { readonly reason: RecommendationReason })[];
}

/**
 * The first `most` items of an open list, or of what is left of it. What lists of one session that are asked for together
 * need is read together. Throws INVALID_CURSOR when what the pages before were adapted to is gone.
 */
export async function listItems(
  session: ServingSession,
  list: RecommendationList,
  most: number,
): Promise<ListedItems> {
  const adapted = await adaptedItems(session, list, most);
  // The place where the page before ended is a score of the model, not a popularity.
  if (!adapted && list.after && list.model) throw listGone();
  return adapted ?? popularItems(session, list, most);
}

/** A page of listed items, without those in `without`: there is another page if one item more than that was listed. */
export async function makePage(
  session: ServingSession,
  { made, items }: ListedItems,
  first: number,
  without: ReadonlySet<number> = new Set(),
): Promise<RecommendationPage> {
  const key = await session.platform.cursorKey.read();
  const open = items.filter(({ itemId }) => !without.has(itemId));
  return {
    recommendations: open.slice(0, first).map(({ itemId, score, reason }) => ({
      itemId,
      score,
      reason,
      modelVersionId: made.model?.versionId ?? null,
      cursor: cursorOf(key, made, { itemId, score }),
    })),
    hasNextPage: open.length > first,
  };
}

/** Scored by the list's model; `undefined` when it has none, or there is nothing to adapt it to. */
async function adaptedItems(
  session: ServingSession,
  list: RecommendationList,
  most: number,
): Promise<ListedItems | undefined> {
  const { model } = list;
  if (!model) return undefined;
  const scored = await scoreCandidates(session, list, model);
  if (!scored) return undefined;
  const { ids, unmet, bounds } = scored.candidates;
  const fresh = new Set(unmet);
  const items = ids.map((itemId, index) => ({
    itemId,
    score: scored.scores[index] as number,
    reason: fresh.has(itemId) ? ('FRESH' as const) : ('ADAPTED' as const),
  }));
  const place = list.after && placeOf(items, list.after);
  return { made: { ...list, bounds }, items: best(items, most, place) };
}

async function popularItems(
  session: ServingSession,
  list: RecommendationList,
  most: number,
): Promise<ListedItems> {
  const { observer } = session.platform;
  const { USER, SCENARIO } = (await session.moment()).activeVersions;
  const hasModel = (list.scenario && SCENARIO !== null) || USER !== null;
  observer.servedPopular(hasModel ? 'nothing_to_adapt_to' : 'no_model');
  const moment = { newestItemId: list.bounds.newestItemId, watermark: list.popularityWatermark };
  const popular = await listByPopularity(session, list.conditions, moment, most, list.after);
  const items = popular.map((item) => ({
    ...item,
    reason: item.score === 0 ? ('FRESH' as const) : ('POPULAR' as const),
  }));
  return { made: { ...list, model: null }, items };
}

function cursorOf(
  key: Uint8Array,
  { name, model, recipient, scenario, bounds, popularityWatermark }: RecommendationList,
  place: ScoredItem,
): string {
  return recommendationCursors.encode(key, name, {
    modelVersionId: model?.versionId ?? null,
    watermark: recipient.watermark,
    scenarioWatermark: scenario?.watermark ?? 0n,
    popularityWatermark,
    bounds,
    ...place,
  });
}

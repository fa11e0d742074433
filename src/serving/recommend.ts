import { WarmstartError } from '../common/errors.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { PopularCause } from '../telemetry/serving-observer.ts';
import { listGone } from './cursors.ts';
import type { ListArguments } from './list-conditions.ts';
import { listByPopularity } from './popular-items.ts';
import { ratingsOfPage } from './predicted-ratings.ts';
import { recommendationCursors } from './recommendation-cursor.ts';
import { openList, personalInstead, popularInstead, type RecommendationList } from './recommendation-list.ts';
import { scoreBest } from './retrieve.ts';
import type { ServingSession } from './serving-session.ts';
import { placeAmong, type ScoredRow, topRows } from './top-rows.ts';

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
  /** Whether the list is not what it would be if everything worked, see `listItems`. */
  readonly degraded: boolean;
  readonly hasNextPage: boolean;
  /** See `Recipient.unknownItems`. */
  readonly unknownItems: readonly string[];
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
  readonly degraded: boolean;
  readonly items: readonly ListedItem[];
}

/** An item, by row of the catalog, with its score and why it is in the list. */
export interface ListedItem extends ScoredRow {
  readonly reason: RecommendationReason;
}

/**
 * Returns the first `limit` items of a list after its cursor. Throws INVALID_CURSOR if the support set of the earlier
 * pages has been deleted.
 *
 * A list is degraded if the active version cannot be used, and another version or popular items take its place. While
 * the database does not answer, it is degraded too: the catalog in memory may lack recent changes, and the user model or
 * popularity takes the place of a scenario model whose support set is not in memory.
 */
export async function listItems(
  session: ServingSession,
  list: RecommendationList,
  limit: number,
): Promise<ListedItems> {
  try {
    const adapted = await adaptedItems(session, list, limit);
    // The cursor's score is from the model, so the list cannot continue by popularity.
    if (!adapted && list.after && list.model) throw listGone();
    return adapted ?? (await popularItems(session, list, limit, causeOf(session, list)));
  } catch (error) {
    // An error with a code is not the model's: the input is wrong, the client is gone, or the server stops.
    if (list.after || !list.model || error instanceof WarmstartError) throw error;
    if (isConnectionError(error)) return listFromMemory(session, list, limit);
    session.platform.observer.failedScoring(list.model.taskKind, list.model.versionId, error);
    return popularItems(session, list, limit, 'model_failed');
  }
}

/** Makes a list whose model needs what the database does not send: a scenario's, by the user model if it can. */
async function listFromMemory(session: ServingSession, list: RecommendationList, limit: number): Promise<ListedItems> {
  const instead =
    list.model?.taskKind === 'SCENARIO' ? await personalInstead(session, list) : popularInstead(session, list);
  return { ...(await listItems(session, instead, limit)), degraded: true };
}

/** Returns why a list has popular items. */
function causeOf({ platform }: ServingSession, list: RecommendationList): PopularCause {
  const { current } = platform;
  const kinds = kindsOf(list);
  if (kinds.some((kind) => current.isRefused(kind) && !current.of(kind))) return 'model_failed';
  return kinds.some((kind) => current.of(kind)) ? 'nothing_to_adapt_to' : 'no_model';
}

function isDegraded({ platform }: ServingSession, list: RecommendationList): boolean {
  const { catalog, current } = platform;
  return catalog.isStale || kindsOf(list).some((kind) => current.isRefused(kind));
}

/** Returns the kinds of models that can take part in a list. */
function kindsOf({ scenario }: RecommendationList): readonly TaskKind[] {
  return scenario ? ['SCENARIO', 'USER'] : ['USER'];
}

/**
 * Returns a page of the listed items, leaving out the items in `without`. There is another page if at least one more
 * item was listed.
 */
export async function makePage(
  session: ServingSession,
  { list, items, degraded }: ListedItems,
  first: number,
  without: ReadonlySet<number> = new Set(),
): Promise<RecommendationPage> {
  const key = await session.platform.cursorKey.read();
  const { ids, exists } = session.platform.catalog.items;
  const idOf = ({ row }: ScoredRow) => ids[row] as number;
  const open = items.filter((item) => !without.has(idOf(item)));
  // An item can be deleted while the list is computed. The page is then shorter.
  const shown = open.slice(0, first).filter(({ row }) => exists[row] === 1);
  const predictRating = ratingsOfPage(session, { list, items: shown });
  return {
    recommendations: shown.map((item) => {
      const { score, reason } = item;
      const itemId = idOf(item);
      const modelVersionId = list.model?.versionId ?? null;
      return new ListedRecommendation(
        { itemId, score, reason, modelVersionId },
        () => cursorOf(key, list, { itemId, score }),
        () => predictRating(item.row),
      );
    }),
    hasNextPage: open.length > first,
    degraded,
    unknownItems: list.recipient.unknownItems ?? [],
  };
}

/** A recommendation whose enumerable fields are plain data. */
class ListedRecommendation implements Recommendation {
  readonly itemId: number;
  readonly score: number;
  readonly reason: RecommendationReason;
  readonly modelVersionId: number | null;
  readonly #sign: () => string;
  readonly #predictRating: () => Promise<number | null>;

  constructor(
    { itemId, score, reason, modelVersionId }: Omit<Recommendation, 'cursor' | 'predictRating'>,
    sign: () => string,
    predictRating: () => Promise<number | null>,
  ) {
    this.itemId = itemId;
    this.score = score;
    this.reason = reason;
    this.modelVersionId = modelVersionId;
    this.#sign = sign;
    this.#predictRating = predictRating;
  }

  /** Signing takes time, and few clients select the cursor of every item. */
  get cursor(): string {
    return this.#sign();
  }

  predictRating(): Promise<number | null> {
    return this.#predictRating();
  }
}

/** Returns items scored by the list's model; `undefined` without a model or a support set. */
async function adaptedItems(
  session: ServingSession,
  list: RecommendationList,
  limit: number,
): Promise<ListedItems | undefined> {
  const scored = await scoreBest(session, list, limit);
  if (!scored) return undefined;
  // The next page needs the personal model if and only if it is part of this page.
  const { personalScale } = scored;
  if (list.after?.personal && personalScale === null) throw listGone();
  const personal = list.personal && personalScale !== null ? { ...list.personal, scale: personalScale } : null;
  const { items } = session.platform.catalog;
  const { rows, ends } = scored.candidates;
  const ids = Array.from(rows, (row) => items.ids[row] as number);
  const after = list.after && placeAmong(scored.scores, ids, { score: list.after.score, id: list.after.itemId });
  const reason = scored.known > 0 ? ('ADAPTED' as const) : ('PROFILE' as const);
  return {
    list: { ...list, personal, ends },
    degraded: isDegraded(session, list),
    items: topRows(scored.scores, ids, { limit, after }).map(({ row: place, score }) => {
      const row = rows[place] as number;
      return { row, score, reason: items.interactions[row] === 0 ? 'FRESH' : reason };
    }),
  };
}

async function popularItems(
  session: ServingSession,
  opened: RecommendationList,
  limit: number,
  cause: PopularCause,
): Promise<ListedItems> {
  const list = popularInstead(session, opened);
  session.platform.observer.servedPopular(cause);
  const after = list.after && { score: list.after.score, id: list.after.itemId };
  const popular = await listByPopularity(session.platform, list.conditions, list.popularityWatermark, limit, after);
  const items = popular.map(({ row, score, interactions }) => ({
    row,
    score,
    reason: interactions === 0 ? ('FRESH' as const) : ('POPULAR' as const),
  }));
  return { list: { ...list, ends: null }, items, degraded: cause === 'model_failed' || isDegraded(session, list) };
}

function cursorOf(
  key: Uint8Array,
  { name, model, personal, recipient, scenario, newestItemId, ends, seenBy, popularityWatermark }: RecommendationList,
  place: { readonly itemId: number; readonly score: number },
): string {
  return recommendationCursors.encode(key, name, {
    modelVersionId: model?.versionId ?? null,
    personal: personal && { modelVersionId: personal.versionId, scale: personal.scale as number },
    watermark: recipient.watermark,
    scenarioWatermark: scenario?.watermark ?? 0n,
    popularityWatermark,
    newestItemId,
    ends: ends ?? null,
    seenBy,
    ...place,
  });
}

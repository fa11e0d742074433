import { z } from 'zod';
import { checkExternalId } from '../catalog/external-id.ts';
import type { ItemFilter } from '../catalog/item-filter.ts';
import { notFound } from '../common/errors.ts';
import type { Embeddings } from '../models/recommender.ts';
import type { Place } from '../retrieval/best-rows.ts';
import { type CandidateEnds, candidateEnds, chooseCandidates } from './candidates.ts';
import { CursorForm, internalId, newestItemId, versionGone } from './cursors.ts';
import { digest } from './digest.ts';
import { directionsOf } from './directions.ts';
import { makeListConditions, markAllowed } from './list-conditions.ts';
import { filterName } from './recommendation-cursor.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';
import { placeAmong, type ScoredRow, topRows } from './top-rows.ts';
import type { IndexedRows } from './vector-index.ts';

export interface SimilarItemsRequest {
  /** The external ID of the item. */
  readonly item: string;
  readonly filter?: ItemFilter | null | undefined;
  /** The number of items, at least 1. */
  readonly first: number;
  readonly after?: string | null | undefined;
}

export interface SimilarItem {
  readonly itemId: number;
  /** The cosine of the angle between the two vectors; without vectors, `Recommender.similarities`. */
  readonly similarity: number;
  readonly modelVersionId: number;
  readonly cursor: string;
}

export interface SimilarItemsPage {
  readonly items: readonly SimilarItem[];
  readonly hasNextPage: boolean;
}

interface SimilarItemsCursor {
  readonly modelVersionId: number;
  readonly newestItemId: number;
  /** `null` if all items can be found. */
  readonly ends: CandidateEnds | null;
  readonly similarity: number;
  readonly itemId: number;
}

const cursors = new CursorForm<SimilarItemsCursor>(
  'similar 4',
  z.object({
    modelVersionId: internalId,
    newestItemId,
    ends: candidateEnds.nullable(),
    similarity: z.number(),
    itemId: internalId,
  }),
);

/**
 * Returns the items nearest to an item by the vectors of the active user model, or of the active scenario model if
 * there is no user model. These are its item vectors (`Recommender.itemVectors`), or else its embeddings. The nearest of
 * all items are found by their directions. A model without vectors computes similarities itself. It compares all items
 * that pass the filter, or the most popular and the newest of them if there are more than the platform's limit. Returns
 * no items without a model, or if the vectors have only one dimension.
 *
 * Throws BAD_USER_INPUT, ITEM_NOT_FOUND and INVALID_CURSOR.
 */
export async function findSimilarItems(
  session: ServingSession,
  { item, filter, first, after }: SimilarItemsRequest,
): Promise<SimilarItemsPage> {
  checkExternalId('item', item);
  const name = { item: digest(item), filter: filterName(filter) };
  const key = await session.platform.cursorKey.read();
  const cursor = after == null ? undefined : cursors.decode(key, after, name);
  const moment = await session.moment();
  const { catalog, models } = session.platform;
  const { items } = catalog;
  const { newestItemId } = cursor ?? moment;
  const conditions = await makeListConditions(catalog, { filter }, { pool: null, newestItemId });
  const row = items.rowOfExternalId(item);
  if (row === undefined) throw notFound('item', item);
  const { activeVersions } = moment;
  const versionId = cursor?.modelVersionId ?? activeVersions.USER ?? activeVersions.SCENARIO;
  if (versionId === null) return { items: [], hasNextPage: false };
  if (cursor && !(await models.taskKindOf(versionId))) throw versionGone();
  const { nearest, ends } = await models.use(versionId, (model) =>
    findNearest(session, model, row, {
      allowed: markAllowed(items, { ...conditions, excluded: new Set([row]) }),
      ends: cursor?.ends,
      after: cursor && { id: cursor.itemId, score: cursor.similarity },
      limit: first + 1,
    }),
  );
  return {
    items: nearest.slice(0, first).flatMap(({ row, score: similarity }) => {
      // An item can be deleted while it is compared.
      if (items.exists[row] === 0) return [];
      const itemId = items.ids[row] as number;
      const place = { modelVersionId: versionId, newestItemId, ends, similarity, itemId };
      return [{ itemId, similarity, modelVersionId: versionId, cursor: cursors.encode(key, name, place) }];
    }),
    hasNextPage: nearest.length > first,
  };
}

interface Neighborhood {
  /** 1 for each row of the catalog that can be near. */
  readonly allowed: Uint8Array;
  /** Those of the first page, if this is a later one. */
  readonly ends: CandidateEnds | null | undefined;
  readonly after: Place | undefined;
  readonly limit: number;
}

interface Neighbors {
  /** Nearest first. */
  readonly nearest: readonly ScoredRow[];
  readonly ends: CandidateEnds | null;
}

/** Returns the `limit` nearest items after a place. */
async function findNearest(
  session: ServingSession,
  model: ServedModel,
  row: number,
  neighborhood: Neighborhood,
): Promise<Neighbors> {
  const item = await model.embeddings.embed([row]);
  const { directions } = model;
  if (!directions) return mostSimilar(session, model, item, neighborhood);
  return { nearest: await nearestByDirection(session, { ...model, directions }, item, neighborhood), ends: null };
}

/** Searches the directions of all items for those with the smallest angles to an item's. */
async function nearestByDirection(
  session: ServingSession,
  { recommender, embeddings, directions }: ServedModel & Required<Pick<ServedModel, 'directions'>>,
  item: Embeddings,
  neighborhood: Neighborhood,
): Promise<ScoredRow[]> {
  const { width, data: vector } = directionsOf(recommender, item);
  // An embedding of one number has no direction: it is a count. An embedding of zeros has none either.
  if (width < 2 || !vector.every(Number.isFinite)) return [];
  const { models, search } = session.platform;
  models.prepareDirections();
  const index = await directions.current();
  const { limit, allowed, after } = neighborhood;
  const { rows, scores } = await session.compute(() =>
    index.best(search, embeddings, { vector, limit, allowed, after }),
  );
  // Rounding errors can lead slightly beyond ±1.
  const cosines = scores.map((cosine) => Math.min(1, Math.max(-1, cosine)));
  return nearestOf(session, { rows, scores: cosines }, neighborhood);
}

/** Items compared at once, which takes the event loop a few milliseconds. */
const itemsPerBatch = 2500;

/**
 * Compares an item with all allowed items, or with the most popular and the newest of them, by the similarities that the
 * model computes. Works batch by batch.
 */
async function mostSimilar(
  session: ServingSession,
  { embeddings, recommender }: ServedModel,
  item: Embeddings,
  neighborhood: Neighborhood,
): Promise<Neighbors> {
  const { catalog, maxCompared: max, freshShare } = session.platform;
  const { allowed, ends: earlierEnds } = neighborhood;
  const { rows, ends } = await chooseCandidates(catalog.items, allowed, { max, freshShare }, earlierEnds);
  const scores = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += itemsPerBatch) {
    const others = await embeddings.embed(rows.subarray(start, start + itemsPerBatch));
    const similarities = await session.compute(async () => recommender.similarities?.(item, others));
    // Items without any relation to the item are left out.
    for (const [at, similarity] of similarities?.entries() ?? [])
      scores[start + at] = similarity > 0 ? similarity : Number.NaN;
  }
  return { nearest: nearestOf(session, { rows, scores }, neighborhood), ends };
}

/** Orders compared items, and leaves out those whose similarity is NaN. */
function nearestOf(
  { platform }: ServingSession,
  { rows, scores }: IndexedRows,
  { after, limit }: Neighborhood,
): ScoredRow[] {
  const { ids } = platform.catalog.items;
  const idsOfRows = Array.from(rows, (row) => ids[row] as number);
  const place = after && placeAmong(scores, idsOfRows, after);
  return topRows(scores, idsOfRows, { limit, after: place }).map(({ row: at, score }) => ({
    row: rows[at] as number,
    score,
  }));
}

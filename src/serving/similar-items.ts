import { z } from 'zod';
import { checkExternalId } from '../catalog/external-id.ts';
import type { ItemFilter } from '../catalog/item-filter.ts';
import { inputError, notFound, quote } from '../common/errors.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { VectorColumn } from '../live-catalog/vector-column.ts';
import type { Embeddings } from '../models/recommender.ts';
import type { Place } from '../retrieval/best-rows.ts';
import { type CandidateEnds, candidateEnds, chooseCandidates } from './candidates.ts';
import { CursorForm, internalId, newestItemId, versionGone } from './cursors.ts';
import { digest } from './digest.ts';
import { directionsOf } from './directions.ts';
import type { ItemEmbeddings } from './item-embeddings.ts';
import type { ItemVectors } from './item-vectors.ts';
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
  /** A vector feature by which items are compared. Default: the vectors of a model. */
  readonly feature?: string | null | undefined;
}

export interface SimilarItem {
  readonly itemId: number;
  /** The cosine of the angle between the two vectors; without vectors, `Recommender.similarities`. */
  readonly similarity: number;
  /** `null` for items that are compared by a feature. */
  readonly modelVersionId: number | null;
  readonly cursor: string;
}

export interface SimilarItemsPage {
  readonly items: readonly SimilarItem[];
  readonly hasNextPage: boolean;
}

interface SimilarItemsCursor {
  readonly modelVersionId: number | null;
  readonly newestItemId: number;
  /** `null` if all items can be found. */
  readonly ends: CandidateEnds | null;
  readonly similarity: number;
  readonly itemId: number;
}

const cursors = new CursorForm<SimilarItemsCursor>(
  'similar 5',
  z.object({
    modelVersionId: internalId.nullable(),
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
 * With a feature, items are compared by the directions of its vectors, whether there is a model or not. Items without the
 * feature are left out. If the given item is one of them, there are no items.
 *
 * Throws BAD_USER_INPUT, ITEM_NOT_FOUND and INVALID_CURSOR.
 */
export async function findSimilarItems(
  session: ServingSession,
  request: SimilarItemsRequest,
): Promise<SimilarItemsPage> {
  const { item, filter, first, after, feature } = request;
  checkExternalId('item', item);
  const name = { item: digest(item), filter: filterName(filter), feature: feature == null ? null : digest(feature) };
  const key = await session.platform.cursorKey.read();
  const cursor = after == null ? undefined : cursors.decode(key, after, name);
  const moment = await session.moment();
  const { catalog } = session.platform;
  const { items } = catalog;
  const column = feature == null ? undefined : vectorColumn(catalog, feature);
  const { newestItemId } = cursor ?? moment;
  const conditions = await makeListConditions(catalog, { filter }, { pool: null, newestItemId });
  const row = items.rowOfExternalId(item);
  if (row === undefined) throw notFound('item', item);
  const neighborhood = {
    allowed: markAllowed(items, { ...conditions, excluded: new Set([row]) }),
    ends: cursor?.ends,
    after: cursor && { id: cursor.itemId, score: cursor.similarity },
    limit: first + 1,
  };
  const { activeVersions } = moment;
  const versionId = column ? null : (cursor?.modelVersionId ?? activeVersions.USER ?? activeVersions.SCENARIO);
  const { nearest, ends } = column
    ? await nearestByFeature(session, column, row, neighborhood)
    : await nearestByModel(session, versionId, row, neighborhood);
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

/** Returns the column of a vector feature of items. Throws BAD_USER_INPUT for any other feature. */
function vectorColumn({ fields, items }: LiveCatalog, feature: string): VectorColumn {
  const column = items.column(feature);
  if (column instanceof VectorColumn) return column;
  const names = fields.filter(({ entity, kind }) => entity === 'item' && kind === 'vector').map(({ name }) => name);
  const declared = names.join(', ') || 'none is declared';
  throw inputError(['feature'], `expected a declared vector feature of items (${declared}), got ${quote(feature)}`);
}

/** Returns the `limit` nearest items after a place, as a model version compares them; none without a version. */
async function nearestByModel(
  session: ServingSession,
  versionId: number | null,
  row: number,
  neighborhood: Neighborhood,
): Promise<Neighbors> {
  const { models } = session.platform;
  if (versionId === null) return { nearest: [], ends: null };
  if (neighborhood.after && !(await models.taskKindOf(versionId))) throw versionGone();
  return models.use(versionId, async (model) => {
    const item = await model.embeddings.embed([row]);
    const { recommender, embeddings, directions } = model;
    if (!directions) return mostSimilar(session, model, item, neighborhood);
    const direction = directionsOf(recommender, item);
    // An embedding of one number has no direction: it is a count.
    if (direction.width < 2) return { nearest: [], ends: null };
    models.prepareDirections();
    return nearestByDirection(session, { embeddings, directions }, direction, neighborhood);
  });
}

/** Returns the `limit` nearest items after a place by the vectors of a feature. */
async function nearestByFeature(
  session: ServingSession,
  column: VectorColumn,
  row: number,
  neighborhood: Neighborhood,
): Promise<Neighbors> {
  const feature = session.platform.features.of(column);
  return nearestByDirection(session, feature, directionsOf({}, await feature.embeddings.embed([row])), neighborhood);
}

/** What the directions of all items are found by. */
interface Directed {
  readonly embeddings: Pick<ItemEmbeddings, 'embed'>;
  readonly directions: ItemVectors;
}

/** Searches the directions of all items for those with the smallest angles to a direction. */
async function nearestByDirection(
  session: ServingSession,
  { embeddings, directions }: Directed,
  { data: vector }: Embeddings,
  neighborhood: Neighborhood,
): Promise<Neighbors> {
  // A vector of zeros has no direction.
  if (!vector.every(Number.isFinite)) return { nearest: [], ends: null };
  const { search } = session.platform;
  const index = await directions.current();
  const { limit, allowed, after } = neighborhood;
  const { rows, scores } = await session.compute(() =>
    index.best(search, embeddings, { vector, limit, allowed, after }),
  );
  // Rounding errors can lead slightly beyond ±1.
  const cosines = scores.map((cosine) => Math.min(1, Math.max(-1, cosine)));
  return { nearest: nearestOf(session, { rows, scores: cosines }, neighborhood), ends: null };
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

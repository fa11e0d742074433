import { z } from 'zod';
import { checkExternalId } from '../catalog/external-id.ts';
import type { ItemFilter } from '../catalog/item-filter.ts';
import { notFound } from '../common/errors.ts';
import { runInChunks } from '../models/in-chunks.ts';
import type { Embeddings, Recommender } from '../models/recommender.ts';
import type { Place } from '../retrieval/best-rows.ts';
import { type CandidateEnds, candidateEnds, chooseCandidates } from './candidates.ts';
import { CursorForm, internalId, newestItemId, versionGone } from './cursors.ts';
import { digest } from './digest.ts';
import { makeListConditions, markAllowed } from './list-conditions.ts';
import { filterName } from './recommendation-cursor.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';
import { placeAmong, type ScoredRow, topRows } from './top-rows.ts';

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
  /** `null` if the item is compared with all others. */
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
 * there is no user model. These are its item vectors (`Recommender.itemVectors`), or else its embeddings. A model
 * without vectors gives the similarities itself. Compares all items that pass the filter, or the most popular and the
 * newest of them if there are more than the platform's limit. Returns no items without a model, or if the vectors have
 * only one dimension.
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
  const { catalog, models, maxCompared: max, freshShare } = session.platform;
  const { items } = catalog;
  const { newestItemId } = cursor ?? moment;
  const conditions = await makeListConditions(catalog, { filter }, { pool: null, newestItemId });
  const row = items.rowOfExternalId(item);
  if (row === undefined) throw notFound('item', item);
  const { activeVersions } = moment;
  const versionId = cursor?.modelVersionId ?? activeVersions.USER ?? activeVersions.SCENARIO;
  if (versionId === null) return { items: [], hasNextPage: false };
  if (cursor && !(await models.taskKindOf(versionId))) throw versionGone();
  const marks = markAllowed(items, { ...conditions, excluded: new Set([row]) });
  const { rows, ends } = await chooseCandidates(items, marks, { max, freshShare }, cursor?.ends);
  const last = cursor && { id: cursor.itemId, score: cursor.similarity };
  const nearest = await models.use(versionId, (model) =>
    findNearest(session, model, row, { rows, after: last, limit: first + 1 }),
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
  /** The items to compare with. */
  readonly rows: Int32Array;
  readonly after: Place | undefined;
  readonly limit: number;
}

/** Items compared at once, which takes the event loop a few milliseconds. */
const itemsPerBatch = 2500;

/** Returns the `limit` nearest items after a place. Compares the items batch by batch and keeps the best. */
async function findNearest(
  session: ServingSession,
  { embeddings, recommender }: ServedModel,
  row: number,
  { rows, after, limit }: Neighborhood,
): Promise<readonly ScoredRow[]> {
  const { ids } = session.platform.catalog.items;
  const similarities = await comparison(recommender, await embeddings.embed([row]));
  if (!similarities) return [];
  const all = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += itemsPerBatch) {
    const batch = await embeddings.embed(rows.subarray(start, start + itemsPerBatch));
    all.set(await session.compute(() => similarities(batch)), start);
  }
  const idsOfRows = Array.from(rows, (other) => ids[other] as number);
  // Items without any relation to the item have the similarity NaN, and are left out.
  const place = after && placeAmong(all, idsOfRows, after);
  return topRows(all, idsOfRows, { limit, after: place }).map(({ row: at, score }) => ({
    row: rows[at] as number,
    score,
  }));
}

/** Returns a function that compares an item with others; `undefined` if the model cannot compare items. */
async function comparison(
  recommender: Recommender,
  item: Embeddings,
): Promise<((others: Embeddings) => Promise<ArrayLike<number>>) | undefined> {
  if (recommender.similarities) {
    const similarities = recommender.similarities.bind(recommender);
    return async (others) =>
      (await similarities(item, others)).map((similarity) => (similarity > 0 ? similarity : Number.NaN));
  }
  const vectorsOf = (items: Embeddings) => recommender.itemVectors?.(items) ?? items;
  const own = vectorsOf(item);
  // An embedding of one number has no direction: it is a count.
  if (own.width < 2) return undefined;
  return (others) => cosines(own.data, vectorsOf(others));
}

/** Rows compared between two turns of the event loop, which takes a few milliseconds. */
const rowsPerTurn = 10_000;

/** Returns the cosine of the angle between `vector` and each row; NaN if one of them is zero. */
export async function cosines(vector: Float32Array, { rows, width, data }: Embeddings): Promise<Float64Array> {
  const all = new Float64Array(rows);
  const length = Math.sqrt(dot(vector, vector, 0, width));
  await runInChunks(rows, rowsPerTurn, async (start, end) => {
    for (let row = start; row < end; row++) {
      const from = row * width;
      const cosine = dot(vector, data, from, width) / (length * lengthOf(data, from, width));
      // Rounding errors can lead slightly beyond ±1.
      all[row] = Math.min(1, Math.max(-1, cosine));
    }
  });
  return all;
}

function dot(vector: Float32Array, data: Float32Array, from: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (vector[k] as number) * (data[from + k] as number);
  return sum;
}

function lengthOf(data: Float32Array, from: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (data[from + k] as number) ** 2;
  return Math.sqrt(sum);
}

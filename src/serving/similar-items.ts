import { z } from 'zod';
import { checkExternalId } from '../catalog/external-id.ts';
import type { ItemFilter } from '../catalog/item-filter.ts';
import { notFound } from '../common/errors.ts';
import { runInChunks } from '../models/in-chunks.ts';
import type { Embeddings, Recommender } from '../models/recommender.ts';
import { type Sql, sql } from '../store/database.ts';
import type { CandidateBounds } from './candidates.ts';
import { comparedBounds, comparedItems, laterPageBounds } from './compared-items.ts';
import { CursorForm, candidateBounds, internalId, versionGone } from './cursors.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import { type ListConditions, makeListConditions } from './list-conditions.ts';
import { filterName } from './recommendation-cursor.ts';
import { best, placeOf, type ScoredItem } from './score-candidates.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';
import { digest } from './shared-reads.ts';

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
  readonly bounds: CandidateBounds;
  readonly similarity: number;
  readonly itemId: number;
}

const cursors = new CursorForm<SimilarItemsCursor>(
  'similar 3',
  z.object({
    modelVersionId: internalId,
    bounds: candidateBounds,
    similarity: z.number(),
    itemId: internalId,
  }),
);

interface StoredItem {
  readonly id: number;
  readonly revision: number;
}

const storedItem = { id: true, revision: true } as const;

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
  const { database } = session.platform;
  const conditions = await makeListConditions(session, { filter }, null);
  const stored = await database.item.findUnique({
    where: { externalId: item },
    select: storedItem,
  });
  if (!stored) throw notFound('item', item);
  const { activeVersions, newestItemId } = await session.moment();
  const versionId = cursor?.modelVersionId ?? activeVersions.USER ?? activeVersions.SCENARIO;
  if (versionId === null) return { items: [], hasNextPage: false };
  if (cursor && !(await session.taskKindOf(versionId))) throw versionGone();
  const others = without(conditions, stored.id);
  const bounds = cursor?.bounds ?? (await comparedBounds(session, others, newestItemId));
  const compared = cursor ? await laterPageBounds(session, others, bounds) : bounds;
  const place = cursor && { itemId: cursor.itemId, score: cursor.similarity };
  const rest = await session.platform.models.use(versionId, (model) =>
    nearest(session, model, stored, { conditions: others, bounds: compared, after: place, limit: first + 1 }),
  );
  return {
    items: rest.slice(0, first).map(({ itemId, score: similarity }) => ({
      itemId,
      similarity,
      modelVersionId: versionId,
      cursor: cursors.encode(key, name, { modelVersionId: versionId, bounds, similarity, itemId }),
    })),
    hasNextPage: rest.length > first,
  };
}

interface Neighborhood {
  readonly conditions: ListConditions;
  readonly bounds: CandidateBounds;
  readonly after: ScoredItem | undefined;
  readonly limit: number;
}

function without(conditions: ListConditions, itemId: number): ListConditions {
  const others: Sql = sql`${conditions.notExcluded} AND items.id <> ${itemId}`;
  return { ...conditions, notExcluded: others };
}

/** Returns the `limit` nearest items after a place. Compares the items batch by batch and keeps the best. */
async function nearest(
  session: ServingSession,
  { embeddings, recommender }: ServedModel,
  item: StoredItem,
  { conditions, bounds, after, limit }: Neighborhood,
): Promise<readonly ScoredItem[]> {
  const similarities = await comparison(recommender, await embeddings.embed(asRevisions([item])));
  if (!similarities) return [];
  const score = async (batch: ItemRevisions) => scored(batch, await similarities(await embeddings.embed(batch)));
  const lastItem =
    after && (await session.platform.database.item.findMany({ where: { id: after.itemId }, select: storedItem }));
  const place = after && placeOf(await score(asRevisions(lastItem ?? [])), after);
  let nearest: readonly ScoredItem[] = [];
  for await (const batch of comparedItems(session, conditions, bounds)) {
    await embeddings.prepare([batch]);
    nearest = await session.compute(async () => best([...nearest, ...(await score(batch))], limit, place));
  }
  return nearest;
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

function asRevisions(items: readonly StoredItem[]): ItemRevisions {
  return { ids: items.map(({ id }) => id), revisions: items.map(({ revision }) => revision) };
}

/** Leaves out items without any relation to the item: their similarity is NaN. */
function scored({ ids }: ItemRevisions, similarities: ArrayLike<number>): ScoredItem[] {
  return ids.flatMap((itemId, index) => {
    const score = similarities[index] as number;
    return Number.isNaN(score) ? [] : [{ itemId, score }];
  });
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

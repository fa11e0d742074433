import { z } from 'zod';
import { checkExternalId } from '../catalog/external-id.ts';
import type { ItemFilter } from '../catalog/item-filter.ts';
import { WarmstartError } from '../common/errors.ts';
import { type Sql, sql } from '../store/database.ts';
import type { CandidateBounds } from './candidates.ts';
import { comparedBounds, comparedBoundsAgain, comparedItems } from './compared-items.ts';
import { cosines } from './cosines.ts';
import { CursorForm, candidateBounds, internalId, versionGone } from './cursor-form.ts';
import { digest } from './digest.ts';
import type { Candidates } from './item-embeddings.ts';
import type { ListConditions } from './list-conditions.ts';
import { makeListConditions } from './make-list-conditions.ts';
import { filterName } from './recommendation-cursor.ts';
import { best, placeOf, type ScoredItem } from './score-candidates.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';

export interface SimilarItemsRequest {
  /** The client's id. */
  readonly item: string;
  readonly filter?: ItemFilter | null | undefined;
  /** How many, at least 1. */
  readonly first: number;
  readonly after?: string | null | undefined;
}

export interface SimilarItem {
  readonly itemId: number;
  /** The cosine of the angle between the two embeddings. */
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
  'similar 2',
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
 * The items nearest to one in the embedding space of the active model of users, or else of scenarios: exactly, of all that pass
 * the filter, or, of more than the platform compares, of the most popular and the newest; no items without a model, or where its
 * embeddings have no direction.
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
  const conditions = await makeListConditions(session, { filter }, { scenarioId: null });
  const stored = await database.item.findUnique({
    where: { externalId: item },
    select: storedItem,
  });
  if (!stored)
    throw new WarmstartError('ITEM_NOT_FOUND', `there is no item with the id ${JSON.stringify(item)}`);
  const { activeVersions, newestItemId } = await session.moment();
  const versionId = cursor?.modelVersionId ?? activeVersions.USER ?? activeVersions.SCENARIO;
  if (versionId === null) return { items: [], hasNextPage: false };
  if (cursor && !(await session.taskKindOf(versionId))) throw versionGone();
  const others = without(conditions, stored.id);
  const bounds = cursor?.bounds ?? (await comparedBounds(session, others, newestItemId));
  const compared = cursor ? await comparedBoundsAgain(session, others, bounds) : bounds;
  const shown = cursor && { itemId: cursor.itemId, score: cursor.similarity };
  const rest = await session.platform.models.use(versionId, (model) =>
    nearest(session, model, stored, { conditions: others, bounds: compared, after: shown, limit: first + 1 }),
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

interface Neighbourhood {
  readonly conditions: ListConditions;
  readonly bounds: CandidateBounds;
  readonly after: ScoredItem | undefined;
  readonly limit: number;
}

function without(conditions: ListConditions, itemId: number): ListConditions {
  const others: Sql = sql`${conditions.notExcluded} AND items.id <> ${itemId}`;
  return { ...conditions, notExcluded: others };
}

/** The first `limit` of the neighbourhood after a place, by similarity. Lot by lot the best are kept. */
async function nearest(
  session: ServingSession,
  { embeddings }: ServedModel,
  item: StoredItem,
  { conditions, bounds, after, limit }: Neighbourhood,
): Promise<readonly ScoredItem[]> {
  const own = await embeddings.embed(asCandidates([item]));
  // A single number has no direction: it counts or names the item.
  if (own.width < 2) return [];
  const score = async (lot: Candidates) => scored(lot, await cosines(own.data, await embeddings.embed(lot)));
  const shown =
    after &&
    (await session.platform.database.item.findMany({ where: { id: after.itemId }, select: storedItem }));
  const place = after && placeOf(await score(asCandidates(shown ?? [])), after);
  let nearest: readonly ScoredItem[] = [];
  for await (const lot of comparedItems(session, conditions, bounds)) {
    await embeddings.prepare([lot]);
    nearest = await session.compute(async () => best([...nearest, ...(await score(lot))], limit, place));
  }
  return nearest;
}

function asCandidates(items: readonly StoredItem[]): Candidates {
  return { ids: items.map(({ id }) => id), revisions: items.map(({ revision }) => revision) };
}

/** Items whose embedding is zero are near none. */
function scored({ ids }: Candidates, similarities: Float64Array): ScoredItem[] {
  return ids.flatMap((itemId, index) => {
    const score = similarities[index] as number;
    return Number.isNaN(score) ? [] : [{ itemId, score }];
  });
}

import { z } from 'zod';
import type { ItemFilter } from '../catalog/item-filter.ts';
import { CursorForm, internalId, newestItemId, watermark } from './cursors.ts';
import { digest } from './digest.ts';
import { makeListConditions } from './list-conditions.ts';
import { listByPopularity } from './popular-items.ts';
import { filterName } from './recommendation-cursor.ts';
import type { ServingSession } from './serving-session.ts';

export interface PopularItemsRequest {
  /** The external ID of a scenario. The list then has only items of its pool. */
  readonly scenario?: string | null | undefined;
  readonly filter?: ItemFilter | null | undefined;
  /** The number of items, at least 1. */
  readonly first: number;
  readonly after?: string | null | undefined;
}

export interface ListedPopularItem {
  readonly itemId: number;
  readonly positives: number;
  readonly interactions: number;
  readonly cursor: string;
}

export interface PopularItemsPage {
  readonly items: readonly ListedPopularItem[];
  readonly hasNextPage: boolean;
  /** Whether the catalog in memory may lack recent changes, because the database does not answer. */
  readonly degraded: boolean;
}

/** The end of a page, and the moment of its list. */
const cursors = new CursorForm(
  'popular 3',
  z.object({
    newestItemId,
    watermark,
    score: z.int32().nonnegative(),
    itemId: internalId,
  }),
);

/**
 * Returns the items with the most positive interactions. Throws BAD_USER_INPUT, SCENARIO_NOT_FOUND and INVALID_CURSOR.
 */
export async function listPopularItems(
  session: ServingSession,
  { scenario, filter, first, after }: PopularItemsRequest,
): Promise<PopularItemsPage> {
  const key = await session.platform.cursorKey.read();
  const name = { scenario: scenario == null ? null : digest(scenario), filter: filterName(filter) };
  const place = after == null ? undefined : cursors.decode(key, after, name);
  const moment = await session.moment([]);
  const { newestItemId, watermark } = place ?? moment;
  const pool = scenario == null ? null : (await session.scenario('scenario', scenario)).pool;
  const { catalog } = session.platform;
  const conditions = await makeListConditions(catalog, { filter }, { pool, newestItemId });
  const last = place && { score: place.score, id: place.itemId };
  const popular = await listByPopularity(session.platform, conditions, watermark, first + 1, last);
  return {
    items: popular.slice(0, first).map(({ row, score, interactions }) => {
      const itemId = catalog.items.ids[row] as number;
      const cursor = cursors.encode(key, name, { newestItemId, watermark, score, itemId });
      return { itemId, positives: score, interactions, cursor };
    }),
    hasNextPage: popular.length > first,
    degraded: catalog.isStale,
  };
}

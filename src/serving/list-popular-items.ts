import { z } from 'zod';
import type { ItemFilter } from '../catalog/item-filter.ts';
import { findPopularItems } from './candidates.ts';
import { CursorForm, internalId } from './cursor-form.ts';
import { digest } from './digest.ts';
import { listConditions } from './list-conditions.ts';
import { filterName } from './recommendation-cursor.ts';
import type { ServingSession } from './serving-session.ts';

export interface PopularItemsRequest {
  /** The client's id of the scenario whose items count; all items without. */
  readonly scenario?: string | null | undefined;
  readonly filter?: ItemFilter | null | undefined;
  /** How many, at least 1. */
  readonly first: number;
  readonly after?: string | null | undefined;
}

export interface ListedPopularItem {
  readonly itemId: number;
  readonly interactions: number;
  readonly cursor: string;
}

export interface PopularItemsPage {
  readonly items: readonly ListedPopularItem[];
  readonly hasNextPage: boolean;
}

const cursors = new CursorForm('popular 1', z.object({ score: z.int32().nonnegative(), itemId: internalId }));

/** The items with the most interactions. Throws BAD_USER_INPUT, SCENARIO_NOT_FOUND and INVALID_CURSOR. */
export async function listPopularItems(
  session: ServingSession,
  { scenario, filter, first, after }: PopularItemsRequest,
): Promise<PopularItemsPage> {
  const { database } = session.platform;
  const name = { scenario: scenario == null ? null : digest(scenario), filter: filterName(filter) };
  const place = after == null ? undefined : cursors.decode(after, name);
  const scenarioId = scenario == null ? null : (await session.scenario('scenario', scenario)).id;
  const conditions = await listConditions(database, { filter }, { scenarioId });
  const popular = await findPopularItems(database, conditions, first + 1, place);
  return {
    items: popular.slice(0, first).map((item) => ({
      itemId: item.itemId,
      interactions: item.score,
      cursor: cursors.encode(name, item),
    })),
    hasNextPage: popular.length > first,
  };
}

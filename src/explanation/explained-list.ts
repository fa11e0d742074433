import { checkExternalId } from '../catalog/external-id.ts';
import { WarmstartError } from '../errors.ts';
import { openList, type RecommendationList } from '../serving/recommendation-list.ts';
import { type Database, sql } from '../store/database.ts';

/** Somebody whose list is explained: one of the two. */
export interface ExplanationTarget {
  /** The client's id. */
  readonly user?: string | null | undefined;
  readonly visitor?: object | null | undefined;
}

/** The list as it is now. Throws BAD_USER_INPUT, USER_NOT_FOUND and SCENARIO_NOT_FOUND. */
export async function openExplainedList(
  database: Database,
  { user }: ExplanationTarget,
  scenarioId: string | null = null,
): Promise<RecommendationList> {
  if (user == null) {
    throw new WarmstartError(
      'BAD_USER_INPUT',
      'for.visitor: expected a user, since lists of visitors cannot be explained yet; record who it is, and pass for.user',
      { field: ['for', 'visitor'] },
    );
  }
  checkExternalId('for.user', user);
  if (scenarioId !== null) checkExternalId('scenario', scenarioId);
  return openList(database, { userId: user, scenarioId }, undefined);
}

/** An item as far as a model needs it. */
export interface ExplainedItem {
  readonly id: number;
  readonly externalId: string;
  readonly revision: number;
}

/** Throws BAD_USER_INPUT and ITEM_NOT_FOUND. */
export async function findExplainedItem(database: Database, externalId: string): Promise<ExplainedItem> {
  checkExternalId('item', externalId);
  const [row] = await database.$queryRaw<ExplainedItem[]>(sql`
    SELECT id, external_id AS "externalId", revision FROM items WHERE external_id = ${externalId}`);
  if (row) return row;
  throw new WarmstartError('ITEM_NOT_FOUND', `there is no item with the id ${JSON.stringify(externalId)}`, {
    field: ['item'],
  });
}

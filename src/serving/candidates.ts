import type { CheckedItemFilter } from '../catalog/item-filter.ts';
import { type Database, type Sql, sql } from '../store/database.ts';

/** What else decides which items a list has. */
export interface ListConditions {
  readonly filter: CheckedItemFilter;
  /** The client's ids of items that are left out. */
  readonly exclude: readonly string[];
  /** Whether items stay in that the user has rated or bought. */
  readonly includeSeen: boolean;
}

/** A user's list as of one moment: interactions of the user after `watermark` do not count. */
export interface ListMoment {
  readonly userId: number;
  readonly watermark: bigint;
  /** Only items of this scenario are in the list; `null` for all items. */
  readonly scenarioId: number | null;
  /** Without them available items are in the list that the user has neither rated nor bought. */
  readonly conditions?: ListConditions;
}

/** Items that may be recommended; `revisions` tell whether a cached embedding is still theirs. */
export interface Candidates {
  readonly ids: readonly number[];
  readonly revisions: readonly number[];
}

/** Of a catalogue larger than the limit, this share of the candidates are the newest items, the rest the most popular. */
const freshShare = 0.1;

/** How many of at most `limit` candidates are there for being new, whether or not they are popular. */
export function freshCount(limit: number): number {
  return Math.ceil(limit * freshShare);
}

/**
 * The items to score for a user, at most `limit`, ordered by id: available ones of the list's scenario, if
 * it has one, that the user has neither rated nor bought.
 */
export async function findCandidates(
  database: Database,
  moment: ListMoment,
  limit: number,
): Promise<Candidates> {
  const fresh = freshCount(limit);
  const [row] = await database.$queryRaw<Candidates[]>(sql`
    WITH open_items AS MATERIALIZED (SELECT id, revision FROM items WHERE ${openTo(moment)}),
    candidates AS (
      (SELECT open_items.* FROM open_items LEFT JOIN item_popularity ON item_id = open_items.id
       ORDER BY coalesce(interactions, 0) DESC, open_items.id LIMIT ${limit - fresh})
      UNION
      (SELECT * FROM open_items ORDER BY id DESC LIMIT ${fresh})
    )
    SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids,
      coalesce(array_agg(revision ORDER BY id), '{}') AS revisions FROM candidates`);
  return row as Candidates;
}

/** A popular item; `score` is how many interactions it has. */
export interface PopularItem {
  readonly itemId: number;
  readonly score: number;
}

/** The user's open items by popularity, those after `after` in that order. */
export async function findPopularItems(
  database: Database,
  moment: ListMoment,
  limit: number,
  after?: PopularItem,
): Promise<PopularItem[]> {
  const { score, itemId } = after ?? { score: Number.MAX_SAFE_INTEGER, itemId: 0 };
  return database.$queryRaw<PopularItem[]>(sql`
    SELECT items.id AS "itemId", coalesce(interactions, 0) AS score
    FROM items LEFT JOIN item_popularity ON item_id = items.id
    WHERE ${openTo(moment)} AND (-coalesce(interactions, 0)::float8, items.id) > (-${score}::float8, ${itemId}::int)
    ORDER BY coalesce(interactions, 0) DESC, items.id LIMIT ${limit}`);
}

/** A condition on rows of `items`. */
export function openTo({ userId, watermark, scenarioId, conditions }: ListMoment): Sql {
  const { filter, exclude = [], includeSeen = false } = conditions ?? {};
  const inScenario = sql`items.id IN (SELECT item_id FROM scenario_items WHERE scenario_id = ${scenarioId})`;
  return sql`${filter ? sql`${filter.onAvailability} AND ${filter.onFeatures}` : sql`available`}
    AND ${scenarioId === null ? sql`TRUE` : inScenario}
    AND ${exclude.length === 0 ? sql`TRUE` : sql`items.id NOT IN (SELECT id FROM items WHERE external_id = ANY(${[...exclude]}))`}
    AND ${includeSeen ? sql`TRUE` : sql`items.id NOT IN (${seenBy({ userId, watermark })})`}`;
}

/** The ids of the items that a user has rated or bought. */
export function seenBy({ userId, watermark }: Pick<ListMoment, 'userId' | 'watermark'>): Sql {
  return sql`SELECT item_id FROM interactions
    WHERE user_id = ${userId} AND id <= ${watermark} AND type IN ('RATE', 'PURCHASE')`;
}

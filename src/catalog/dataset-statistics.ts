import { type Database, sql } from '../store/database.ts';
import { availableSql } from './availability.ts';

/** The number of users or items with `from` to `to` interactions; `to` is `null` without an upper limit. */
export interface HistoryCount {
  readonly from: number;
  readonly to: number | null;
  readonly count: number;
}

/** Counts of the stored data, and of users and items with few interactions. */
export interface DatasetStatistics {
  readonly users: number;
  readonly items: number;
  readonly availableItems: number;
  readonly scenarios: number;
  readonly interactions: number;
  /** Every declared type, in the order of declaration. */
  readonly interactionsByType: { readonly type: string; readonly count: number }[];
  /** The share of all pairs of a user and an item that have an interaction; 0 without pairs. */
  readonly density: number;
  readonly usersByHistory: HistoryCount[];
  readonly itemsByHistory: HistoryCount[];
  readonly meanRating: number | null;
  readonly earliestInteractionAt: Date | null;
  readonly latestInteractionAt: Date | null;
}

const ranges = [
  { from: 0, to: 0 },
  { from: 1, to: 5 },
  { from: 6, to: 20 },
  { from: 21, to: null },
] as const;

interface CountedRow
  extends Pick<
    DatasetStatistics,
    | 'users'
    | 'items'
    | 'availableItems'
    | 'scenarios'
    | 'interactionsByType'
    | 'meanRating'
    | 'earliestInteractionAt'
    | 'latestInteractionAt'
  > {
  readonly pairs: number;
  /** The numbers with 1 to 5, 6 to 20, and more interactions. */
  readonly usersByHistory: readonly [number, number, number];
  readonly itemsByHistory: readonly [number, number, number];
}

/**
 * Counts the stored data with one statement, so that all numbers are from the same moment. The statement reads all
 * interactions twice, once by type and once by user.
 */
export async function datasetStatistics(database: Database): Promise<DatasetStatistics> {
  const [row] = await database.$queryRaw<CountedRow[]>(sql`
    WITH by_type AS (
      SELECT type, count(*)::float8 AS count, min(occurred_at) AS earliest, max(occurred_at) AS latest,
        avg(value) FILTER (WHERE type = 'RATE') AS mean
      FROM interactions GROUP BY type
    ), by_user AS (
      SELECT count(*) AS interactions, count(DISTINCT item_id) AS items FROM interactions GROUP BY user_id
    ), types AS (
      SELECT json_agg(json_build_object('type', name, 'count', coalesce(count, 0)) ORDER BY id) AS "interactionsByType",
        max(mean) AS "meanRating",
        min(earliest) AS "earliestInteractionAt", max(latest) AS "latestInteractionAt"
      FROM interaction_types LEFT JOIN by_type ON type = name
    ), histories AS (
      SELECT coalesce(sum(items), 0)::float8 AS pairs, ${histogram} AS "usersByHistory" FROM by_user
    ), popularities AS (
      SELECT ${histogram} AS "itemsByHistory" FROM item_popularity
    ), catalog AS (
      SELECT count(*)::float8 AS items, (count(*) FILTER (WHERE ${availableSql()}))::float8 AS "availableItems" FROM items
    )
    SELECT (SELECT count(*) FROM users)::float8 AS users, (SELECT count(*) FROM scenarios)::float8 AS scenarios,
      catalog.*, types.*, histories.*, popularities.*
    FROM catalog, types, histories, popularities`);
  return statisticsOf(row as CountedRow);
}

const histogram = sql`ARRAY[count(*) FILTER (WHERE interactions BETWEEN 1 AND 5),
  count(*) FILTER (WHERE interactions BETWEEN 6 AND 20), count(*) FILTER (WHERE interactions > 20)]::float8[]`;

function statisticsOf({ pairs, usersByHistory, itemsByHistory, ...counted }: CountedRow): DatasetStatistics {
  const { users, items, interactionsByType } = counted;
  return {
    ...counted,
    interactions: interactionsByType.reduce((sum, { count }) => sum + count, 0),
    density: pairs === 0 ? 0 : pairs / (users * items),
    usersByHistory: byHistory(users, usersByHistory),
    itemsByHistory: byHistory(items, itemsByHistory),
  };
}

/** Users and items that are in no range have no interactions. */
function byHistory(all: number, withSome: readonly number[]): HistoryCount[] {
  const none = all - withSome.reduce((sum, count) => sum + count, 0);
  return [none, ...withSome].map((count, index) => ({
    ...(ranges[index] as (typeof ranges)[number]),
    count,
  }));
}

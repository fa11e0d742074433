import { type Database, type InteractionType, type Sql, sql } from '../store/database.ts';
import type { FeedbackKind } from '../tasks/training-data.ts';

/** A user's interactions in parallel arrays, with internal IDs. */
export interface StoredHistory {
  readonly userId: number;
  readonly itemIds: number[];
  readonly values: (number | null)[];
  readonly types: InteractionType[];
}

export interface ReadHistoriesOptions {
  readonly feedback: FeedbackKind;
  /** The order of a history, and which interaction is the latest. Default: `recording`, which training sees. */
  readonly order?: HistoryOrder;
}

/** Interactions are ordered by when they were recorded, or by when they occurred. */
export type HistoryOrder = 'recording' | 'time';

/** The SQL condition that an interaction belongs to a history. */
export const belongsToHistory = {
  ratings: sql`type = 'RATE'`,
  any: sql`TRUE`,
  typed: sql`TRUE`,
} satisfies Record<FeedbackKind, Sql>;

/** The columns of which each combination is in a history once. A later interaction replaces an earlier one. */
const distinct = {
  ratings: sql`user_id, item_id`,
  any: sql`user_id, item_id`,
  typed: sql`user_id, item_id, type`,
} satisfies Record<FeedbackKind, Sql>;

const orders = {
  recording: { ascending: sql`id`, descending: sql`id DESC` },
  time: { ascending: sql`occurred_at, id`, descending: sql`occurred_at DESC, id DESC` },
} satisfies Record<HistoryOrder, Record<'ascending' | 'descending', Sql>>;

/** Users whose histories are read between two turns of the event loop. */
const usersPerRead = 250;

/**
 * Reads the histories of users, with each item once (`typed`: once for each type). Users without interactions have
 * none.
 */
export async function* readHistories(
  database: Database,
  userIds: readonly number[],
  { feedback, order = 'recording' }: ReadHistoriesOptions,
): AsyncGenerator<readonly StoredHistory[], void> {
  const { ascending, descending } = orders[order];
  for (let start = 0; start < userIds.length; start += usersPerRead) {
    const page = userIds.slice(start, start + usersPerRead);
    yield await database.$queryRaw<StoredHistory[]>(sql`
      SELECT user_id AS "userId", array_agg(item_id ORDER BY ${ascending}) AS "itemIds",
        array_agg(value ORDER BY ${ascending}) AS "values", array_agg(type::text ORDER BY ${ascending}) AS types
      FROM (
        SELECT DISTINCT ON (${distinct[feedback]}) user_id, item_id, id, value, type, occurred_at FROM interactions
        WHERE ${belongsToHistory[feedback]} AND user_id = ANY(${page}) ORDER BY ${distinct[feedback]}, ${descending}
      ) AS latest GROUP BY user_id ORDER BY user_id`);
  }
}

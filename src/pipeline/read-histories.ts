import { type Database, type Sql, sql } from '../store/database.ts';
import type { FeedbackKind } from '../tasks/training-data.ts';

/** A user's interactions in parallel arrays, with internal IDs. */
export interface StoredHistory {
  readonly userId: number;
  readonly itemIds: number[];
  readonly values: (number | null)[];
  readonly types: string[];
  /** Milliseconds since 1970. */
  readonly times: number[];
}

/** The SQL condition that a row of the view `opinions` belongs to a history. */
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

const byTime = sql`occurred_at, id`;

/** Users whose histories are read between two turns of the event loop. */
const usersPerRead = 250;

/**
 * Reads the histories of users in the order of time, with each item once (`typed`: once for each type). Interactions
 * that say nothing about the user's opinion of the item are left out. Users without others have none.
 */
export async function* readHistories(
  database: Database,
  userIds: readonly number[],
  feedback: FeedbackKind,
): AsyncGenerator<readonly StoredHistory[], void> {
  for (let start = 0; start < userIds.length; start += usersPerRead) {
    const page = userIds.slice(start, start + usersPerRead);
    yield await database.$queryRaw<StoredHistory[]>(sql`
      SELECT user_id AS "userId", array_agg(item_id ORDER BY ${byTime}) AS "itemIds",
        array_agg(value ORDER BY ${byTime}) AS "values", array_agg(type::text ORDER BY ${byTime}) AS types,
        array_agg((date_part('epoch', occurred_at) * 1000) ORDER BY ${byTime}) AS times
      FROM (
        SELECT DISTINCT ON (${distinct[feedback]}) user_id, item_id, id, value, type, occurred_at FROM opinions
        WHERE ${belongsToHistory[feedback]} AND user_id = ANY(${page}) ORDER BY ${distinct[feedback]}, occurred_at DESC, id DESC
      ) AS latest GROUP BY user_id ORDER BY user_id`);
  }
}

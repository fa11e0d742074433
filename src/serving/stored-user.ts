import type { Features } from '../features/feature-schema.ts';
import { type Database, sql } from '../store/database.ts';
import type { History, Recipient } from './recipient.ts';

/** A user as stored now. */
export interface StoredUser {
  readonly id: number;
  readonly externalId: string;
  readonly features: Features;
  /** The latest interaction, 0 for none. */
  readonly watermark: bigint;
  /** The item of the earliest interaction. */
  readonly firstItemId: number | null;
}

/** Those of the users who are there, by the clients' ids, in any order. */
export function readStoredUsers(
  database: Database,
  externalIds: readonly string[],
): Promise<readonly StoredUser[]> {
  return database.$queryRaw<StoredUser[]>(sql`
    SELECT id, external_id AS "externalId", features,
      coalesce((SELECT max(id) FROM interactions WHERE user_id = users.id), 0) AS watermark,
      (SELECT item_id FROM interactions WHERE user_id = users.id ORDER BY id LIMIT 1) AS "firstItemId"
    FROM users WHERE external_id = ANY(${[...externalIds]})`);
}

/** A stored user, of whom only interactions up to `watermark` are known. */
export function storedRecipient(
  database: Database,
  { id, externalId, features, firstItemId }: StoredUser,
  watermark: bigint,
): Recipient {
  const known = sql`SELECT item_id FROM interactions WHERE user_id = ${id} AND id <= ${watermark}`;
  return {
    key: `user ${id} ${watermark}`,
    entity: { id: externalId, features },
    userId: id,
    watermark,
    firstItemId: watermark > 0n ? firstItemId : null,
    seen: sql`${known} AND type IN ('RATE', 'PURCHASE')`,
    met: known,
    async readHistory(support, limit) {
      const counts = support === 'labels' ? sql`type = 'RATE'` : sql`TRUE`;
      const [row] = await database.$queryRaw<History[]>(sql`
        SELECT coalesce(array_agg(item_id ORDER BY id), '{}') AS ids,
          coalesce(array_agg(revision ORDER BY id), '{}') AS revisions,
          coalesce(array_agg(value ORDER BY id), '{}') AS values
        FROM (
          SELECT latest.id, item_id, revision, value FROM (
            SELECT DISTINCT ON (item_id) id, item_id, value FROM interactions
            WHERE user_id = ${id} AND id <= ${watermark} AND ${counts}
            ORDER BY item_id, id DESC
          ) AS latest JOIN items ON items.id = item_id
          ORDER BY latest.id DESC LIMIT ${limit}
        ) AS support`);
      return row as History;
    },
  };
}

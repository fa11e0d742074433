import type { Entity } from '../features/entity.ts';
import type { Features } from '../features/feature-schema.ts';
import type { SupportKind } from '../models/support-kinds.ts';
import { type Database, type InteractionType, type Sql, sql } from '../store/database.ts';
import type { ItemRevisions } from './item-embeddings.ts';

/** To whom items are recommended, as a client says it: one of the two. */
export type RecommendationTarget =
  | { readonly user: string; readonly visitor?: never }
  | { readonly user?: never; readonly visitor: Visitor };

/** All that is known of somebody who is not stored. */
export interface Visitor {
  readonly features?: Readonly<Record<string, unknown>> | null | undefined;
  /** Oldest first. */
  readonly interactions?: readonly VisitorInteraction[];
}

export interface VisitorInteraction {
  /** The client's id. */
  readonly item: string;
  readonly type: InteractionType;
  readonly value?: number | null | undefined;
}

/** Items of interactions, each once, oldest first. */
export interface History extends ItemRevisions {
  /** Ratings, or whatever values the interactions have. */
  readonly values: readonly (number | null)[];
}

/** Somebody to whom items are recommended, as of one moment. */
export interface Recipient {
  /** Tells recipients of one request, and their moments, apart. */
  readonly key: string;
  /** As models read them: the id of a visitor is one that no user has. */
  readonly entity: Entity;
  /** The internal id; `null` for a visitor. */
  readonly userId: number | null;
  /** The latest interaction that counts: 0 for none, and for a visitor. */
  readonly watermark: bigint;
  /** The item of the earliest interaction of any type; `null` for none. */
  readonly firstItemId: number | null;
  /** A query of the ids of all items that were rated or bought. */
  readonly seen: Sql;
  /** A query of the ids of all items that were interacted with. */
  readonly met: Sql;
  /**
   * What a model is shown: the latest `limit` items that were rated, for a model of labels, or else interacted with in
   * whatever way. A later interaction with an item replaces an earlier one.
   */
  readHistory(support: SupportKind, limit: number): Promise<History>;
}

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

import { isPositiveInteraction } from '../catalog/interaction-value.ts';
import type { Entity } from '../features/encode-features.ts';
import type { Features } from '../features/feature-schema.ts';
import type { SupportKind } from '../models/recommender.ts';
import { type Database, type InteractionType, type Sql, sql } from '../store/database.ts';
import type { ItemRevisions } from './item-embeddings.ts';

/** The client's choice of a recipient: a stored user or a visitor. */
export type RecommendationTarget =
  | { readonly user: string; readonly visitor?: never }
  | { readonly user?: never; readonly visitor: Visitor };

/** A user who is not stored: the request contains everything known about them. */
export interface Visitor {
  readonly features?: Readonly<Record<string, unknown>> | null | undefined;
  /** Oldest first. */
  readonly interactions?: readonly VisitorInteraction[];
}

export interface VisitorInteraction {
  /** The external ID of the item. */
  readonly item: string;
  readonly type: InteractionType;
  readonly value?: number | null | undefined;
}

/** The items, types and values of a recipient's interactions, oldest first. */
export interface History extends ItemRevisions {
  readonly types: readonly InteractionType[];
  /** The values of the interactions, such as ratings. */
  readonly values: readonly (number | null)[];
}

/** Which of a recipient's interactions are read. */
export interface HistoryRequest {
  readonly support: SupportKind;
  /** The most recent interactions are read, at most this many. */
  readonly limit: number;
  /** The value from which a rating is positive. */
  readonly positiveFrom: number;
}

/** The user or visitor who receives recommendations, as of one moment. */
export interface Recipient {
  /** Identifies the recipient and the moment within one request. */
  readonly key: string;
  /** The recipient as models read it. The ID of a visitor is one that no user has. */
  readonly entity: Entity;
  /** The internal ID; `null` for a visitor. */
  readonly userId: number | null;
  /** The ID of the latest interaction that counts; 0 for none, and for a visitor. */
  readonly watermark: bigint;
  /** The item of the earliest interaction of any type; `null` without interactions. */
  readonly firstItemId: number | null;
  /** Returns a subquery for the IDs of all items with which the recipient has an interaction of one of these types. */
  seenBy(types: readonly InteractionType[]): Sql;
  /** A subquery that returns the IDs of all items that the recipient has interacted with. */
  readonly interacted: Sql;
  /**
   * Reads the interactions of a support set. For `labels`, these are the ratings. For `positives` and
   * `positivesAndNegatives`, these are the positive interactions. In both, a later interaction with an item replaces an
   * earlier one. For `feedback`, these are all interactions, and a later one replaces an earlier one of the same type.
   */
  readHistory(request: HistoryRequest): Promise<History>;
}

/** A user as currently stored. */
export interface StoredUser {
  readonly id: number;
  readonly externalId: string;
  readonly features: Features;
  /** The ID of the latest interaction, 0 for none. */
  readonly watermark: bigint;
  /** The item of the earliest interaction. */
  readonly firstItemId: number | null;
}

/** Reads users by external ID, in any order. Users that do not exist are missing from the result. */
export function readStoredUsers(database: Database, externalIds: readonly string[]): Promise<readonly StoredUser[]> {
  return database.$queryRaw<StoredUser[]>(sql`
    SELECT id, external_id AS "externalId", features,
      coalesce((SELECT max(id) FROM interactions WHERE user_id = users.id), 0) AS watermark,
      (SELECT item_id FROM interactions WHERE user_id = users.id ORDER BY id LIMIT 1) AS "firstItemId"
    FROM users WHERE external_id = ANY(${[...externalIds]})`);
}

/** Returns a stored user as a recipient, with interactions up to `watermark` only. */
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
    seenBy: (types) => sql`${known} AND type = ANY(${[...types]}::interaction_type[])`,
    interacted: known,
    async readHistory({ support, limit, positiveFrom }) {
      const counts = support === 'labels' ? sql`type = 'RATE'` : sql`TRUE`;
      const distinct = support === 'feedback' ? sql`item_id, type` : sql`item_id`;
      const isKept = isPairwise(support) ? isPositiveInteraction(positiveFrom) : sql`TRUE`;
      const [row] = await database.$queryRaw<History[]>(sql`
        SELECT coalesce(array_agg(item_id ORDER BY id), '{}') AS ids,
          coalesce(array_agg(revision ORDER BY id), '{}') AS revisions,
          coalesce(array_agg(type::text ORDER BY id), '{}') AS types,
          coalesce(array_agg(value ORDER BY id), '{}') AS values
        FROM (
          SELECT latest.id, item_id, revision, type, value FROM (
            SELECT DISTINCT ON (${distinct}) id, item_id, type, value FROM interactions
            WHERE user_id = ${id} AND id <= ${watermark} AND ${counts}
            ORDER BY ${distinct}, id DESC
          ) AS latest JOIN items ON items.id = item_id
          WHERE ${isKept} ORDER BY latest.id DESC LIMIT ${limit}
        ) AS support`);
      return row as History;
    },
  };
}

/** Returns whether a support set of this kind has positive interactions only. */
export function isPairwise(support: SupportKind): boolean {
  return support === 'positives' || support === 'positivesAndNegatives';
}

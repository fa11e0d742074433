import type { Entity } from '../features/entity.ts';
import type { SupportKind } from '../models/support-kinds.ts';
import type { InteractionType, Sql } from '../store/database.ts';
import type { Candidates } from './item-embeddings.ts';

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
export interface History extends Candidates {
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

import type { Entity } from '../features/encode-features.ts';

/** The client's choice of a recipient: a stored user or a visitor. */
export type RecommendationTarget =
  | { readonly user: string; readonly visitor?: never }
  | { readonly user?: never; readonly visitor: Visitor };

/** A user who is not stored: the request contains everything known about them. */
export interface Visitor {
  readonly features?: Readonly<Record<string, unknown>> | null | undefined;
  /** Oldest first, or in any order if all have a time. */
  readonly interactions?: readonly VisitorInteraction[];
}

export interface VisitorInteraction {
  /** The external ID of the item. */
  readonly item: string;
  /** The name of a declared type. */
  readonly type: string;
  readonly value?: number | null | undefined;
  readonly occurredAt?: Date | null | undefined;
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
  readonly history: History;
  /** The external IDs of a visitor's items that are not stored, each once. Their interactions do not count. */
  readonly unknownItems?: readonly string[];
}

/** Interactions with items of the catalog that have not expired, in the order of time, one element each. */
export interface History {
  /** The items' rows in the catalog. */
  readonly rows: readonly number[];
  /** The types of the interactions, see `typeIndex`. */
  readonly types: readonly number[];
  /** The values of the interactions, such as ratings. */
  readonly values: readonly (number | null)[];
  /** What the interactions say about the user's opinion of the items, see `opinionOf`; `undefined` for nothing. */
  readonly opinions: readonly (number | undefined)[];
  /** When they happened, in milliseconds since 1970. Absent for a visitor whose times are unknown. */
  readonly times?: readonly number[];
}

/** Returns the rows of all items with which the recipient has an interaction of one of these types. */
export function seenRows({ history: { rows, types } }: Recipient, seen: ReadonlySet<number>): number[] {
  return rows.filter((_, index) => seen.has(types[index] as number));
}

import type { FeatureField, Features } from '../features/feature-schema.ts';
import type { GivenType } from '../features/interaction-types.ts';

export interface UserRecord {
  readonly id: string;
  readonly features: Features;
  /** Whether a part of the user may be missing, since its row was rejected. A stored user does not change then. */
  readonly incomplete?: true;
}

export interface ItemRecord {
  readonly id: string;
  readonly title: string;
  readonly features: Features;
  /** Default: a new item is available, and a stored one stays as it is. */
  readonly available?: boolean;
  /**
   * The times between which the item is available; `null`: no such limit. Default: a new item has none, and those of a
   * stored one stay. A record has both or neither.
   */
  readonly availableFrom?: Date | null;
  readonly availableUntil?: Date | null;
  /** Whether a part of the item may be missing, since its row was rejected. A stored item does not change then. */
  readonly incomplete?: true;
}

/** A condition on a feature, as the API takes it. */
export interface RuleCondition {
  readonly feature: string;
  readonly in?: readonly string[] | null;
  readonly notIn?: readonly string[] | null;
  readonly atLeast?: number | null;
  readonly atMost?: number | null;
  readonly from?: string | null;
  readonly until?: string | null;
}

/** A scenario and its pool; `items` are item IDs, each once. */
export interface ScenarioRecord {
  readonly id: string;
  readonly title: string;
  readonly items: readonly string[];
  /** The rule that the pool follows, instead of `items`. Default: none, and that of a stored scenario stays. */
  readonly rule?: { readonly features: readonly RuleCondition[] };
  /** Whether the title may be missing, since its row was rejected. A stored title does not change then. */
  readonly incomplete?: true;
}

/** An interaction of a user with an item; `value` is the rating, `time` is null if only the order is known. */
export interface InteractionRecord {
  readonly userId: string;
  readonly itemId: string;
  readonly value: number | null;
  readonly time: Date | null;
  /** The name of a type of interactions. */
  readonly type: string;
  /** The scenario in which it happened. */
  readonly scenarioId?: string;
}

/** The origin of a row: the file's base name, the 1-based line number, and the row's text. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly row: string;
}

/** A record with its origin, so that later stages can reject it with file and line. */
export interface Sourced<T> extends Origin {
  readonly record: T;
}

/** A rejected row; `reason` tells what was expected and what was found. */
export interface Reject extends Origin {
  readonly reason: string;
}

export type OnReject = (reject: Reject) => void;

/** A batch of records; `rows` can be empty if a reader has to read further first. */
export interface Batch<T> {
  readonly rows: readonly Sourced<T>[];
  /** Bytes of input read for this batch, not counting earlier batches. */
  readonly bytes: number;
}

/**
 * A source of records for bulk loading.
 *
 * Every call of a stream reads from the start. A stream reports each row that it cannot use, continues reading, and
 * lets the event loop turn between batches. Streams are independent: an interaction can refer to a user that is in no
 * stream.
 *
 * Interactions come in any order, mixed over all users. Who reads them sorts those of a user by time. Those with the same
 * time, or without any, are in the order in which they happened. Rows that are equal are separate interactions: a user may
 * view an item five times.
 *
 * The streams throw INVALID_DATA if a file cannot be read.
 */
export interface Dataset {
  /** The name of the format on the command line. */
  readonly name: string;
  /** A one-line description. */
  readonly title: string;
  /** All features that the records can have. */
  readonly fields: readonly FeatureField[];
  /** Types of interactions that an import declares. Default: none. */
  readonly types?: readonly GivenType[];
  /** Types that interactions can have and that must be declared. Default: they are looked at row by row. */
  readonly usedTypes?: readonly string[];
  /** The total bytes of all batches of all four streams; 0 without input files. */
  readonly bytes: number;
  users(onReject: OnReject): AsyncIterable<Batch<UserRecord>>;
  items(onReject: OnReject): AsyncIterable<Batch<ItemRecord>>;
  scenarios(onReject: OnReject): AsyncIterable<Batch<ScenarioRecord>>;
  interactions(onReject: OnReject): AsyncIterable<Batch<InteractionRecord>>;
}

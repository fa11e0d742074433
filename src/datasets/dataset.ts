import type { FeatureField, Features } from '../features/feature-schema.ts';

export interface UserRecord {
  readonly id: string;
  readonly features: Features;
}

export interface ItemRecord {
  readonly id: string;
  readonly title: string;
  readonly features: Features;
}

/** A pool of items that belong to one occasion; `items` are item ids, each once. */
export interface ScenarioRecord {
  readonly id: string;
  readonly title: string;
  readonly items: readonly string[];
}

export type InteractionType = 'RATE' | 'VIEW' | 'CLICK' | 'PURCHASE';

/** What one user did with one item; `value` is the rating, `time` is null where only the order is known. */
export interface InteractionRecord {
  readonly userId: string;
  readonly itemId: string;
  readonly value: number | null;
  readonly time: Date | null;
  readonly type: InteractionType;
}

/** Where a row stands: a file's base name, its 1-based line, and the row's text. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly row: string;
}

/** A record with its origin, so that a later stage can reject it as precisely as the reader would. */
export interface Sourced<T> extends Origin {
  readonly record: T;
}

/** A row that became no record; `reason` says what was expected and what came. */
export interface Reject extends Origin {
  readonly reason: string;
}

export type OnReject = (reject: Reject) => void;

/** Some records at once; `rows` may be empty where a reader must read on before it can tell. */
export interface Batch<T> {
  readonly rows: readonly Sourced<T>[];
  /** Bytes of input read for this batch and for no earlier one. */
  readonly bytes: number;
}

/**
 * What the bulk ingest loads, whatever its source.
 *
 * A stream reads anew each time it is asked for, reports every row it cannot use, goes on reading, and lets the
 * event loop turn between batches. It does not look into the other streams: an interaction may name a user that
 * is in none of them. A user's interactions come in the order in which they happened.
 *
 * The streams throw a `WarmstartError` with the code INVALID_DATA when a file cannot be read at all.
 */
export interface Dataset {
  /** The name of the format, as a command line would take it. */
  readonly name: string;
  /** One line for people. */
  readonly title: string;
  /** All features that the records may have. */
  readonly fields: readonly FeatureField[];
  /** What the bytes of all batches of all four streams add up to; 0 when there is no input to read. */
  readonly bytes: number;
  users(onReject: OnReject): AsyncIterable<Batch<UserRecord>>;
  items(onReject: OnReject): AsyncIterable<Batch<ItemRecord>>;
  scenarios(onReject: OnReject): AsyncIterable<Batch<ScenarioRecord>>;
  interactions(onReject: OnReject): AsyncIterable<Batch<InteractionRecord>>;
}

import { amountOf } from '../features/amounts.ts';
import { type InteractionTypes, isRatingType } from '../features/interaction-types.ts';
import { lastingPairs, latestOpinions } from '../features/opinions.ts';
import type { Database } from '../store/database.ts';
import { ratingsOf, selectPairs } from '../tasks/select-pairs.ts';
import type { FeedbackKind, Task } from '../tasks/training-data.ts';
import { readHistories, type StoredHistory } from './read-histories.ts';
import type { PairRows } from './read-stored-data.ts';

/** A user's interactions. */
export interface UserHistory {
  /** What training learns from: the pairs of the feedback. */
  readonly task: Task;
  /** The rows of the items that training ignores. */
  readonly ignored: Int32Array;
  /** All interactions, as a task of the feedback `typed`. Without types, all are ratings. */
  readonly whole: Task;
}

export interface UserHistoryOptions {
  readonly feedback: FeedbackKind;
  /** The declared types, with ratings that are positive as the training wants. */
  readonly types: InteractionTypes;
}

/** Reads the histories of the users in the order of time. Users without opinions have none. */
export async function readUserHistories(
  database: Database,
  rows: PairRows,
  options: UserHistoryOptions,
): Promise<UserHistory[]> {
  const histories: UserHistory[] = [];
  for await (const stored of readHistories(database, [...rows.users.keys()], 'typed')) {
    histories.push(...stored.map((history) => historyOf(history, rows, options)));
  }
  return histories;
}

function historyOf(stored: StoredHistory, rows: PairRows, { feedback, types }: UserHistoryOptions): UserHistory {
  const users = Int32Array.of(rows.users.get(stored.userId) as number);
  // What was added after the items and types were read is left to the next training.
  const known = [...stored.itemIds.keys()].filter((pair) => {
    return rows.items.has(stored.itemIds[pair] as number) && types.indexOf(stored.types[pair] as string) !== undefined;
  });
  const items = Int32Array.from(known, (pair) => rows.items.get(stored.itemIds[pair] as number) as number);
  const given = feedbackOf(stored, known, types);
  const times = Float64Array.from(known, (pair) => stored.times[pair] as number);
  const whole = selectPairs({ users, items, ...given, times }, lastingPairs(items, given.opinions));
  return histories[feedback](whole as TypedTask);
}

/** Returns the columns that say what the user did, for some pairs of a history. */
export function feedbackOf(
  stored: Pick<StoredHistory, 'types' | 'values'>,
  pairs: readonly number[],
  declared: InteractionTypes,
): Required<Pick<Task, 'labels' | 'types' | 'opinions' | 'amounts'>> {
  const types = Uint8Array.from(pairs, (pair) => declared.indexOf(stored.types[pair] as string) as number);
  const value = (pair: number) => stored.values[pairs[pair] as number] ?? null;
  return {
    types,
    labels: Float32Array.from(types, (type, pair) => (isRatingType(type) ? (value(pair) ?? 0) : 0)),
    opinions: Float32Array.from(types, (type, pair) => declared.opinionOf(type, value(pair)) ?? 0),
    amounts: Float32Array.from(types, (type, pair) => amountOf(type, value(pair))),
  };
}

type TypedTask = Task & Required<Pick<Task, 'types' | 'opinions'>>;

const none = new Int32Array();

const histories: Record<FeedbackKind, (whole: TypedTask) => UserHistory> = {
  typed: (whole) => ({ task: whole, ignored: none, whole }),
  ratings(whole) {
    const task = ratingsOf(whole);
    // A history of ratings alone is kept in memory once.
    return { task, ignored: none, whole: task.items.length === whole.items.length ? task : whole };
  },
  any(whole) {
    const { users, items, opinions } = whole;
    const latest = [...latestOpinions(items, opinions)];
    const itemsOf = (isLiked: boolean) =>
      Int32Array.from(latest.flatMap(([item, { weight }]) => (weight > 0 === isLiked ? [item] : [])));
    const liked = itemsOf(true);
    const task = { users, items: liked, labels: new Float32Array(liked.length).fill(1) };
    return { task, ignored: itemsOf(false), whole };
  },
};

/** Returns a history with its first pairs, at most `limit`. */
export function firstPairs(history: Task, limit: number): Task {
  return history.items.length <= limit
    ? history
    : selectPairs(
        history,
        Array.from({ length: limit }, (_, pair) => pair),
      );
}

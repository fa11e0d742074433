import { isPositive, typeIndex } from '../features/feedback.ts';
import type { Database, InteractionType } from '../store/database.ts';
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
  /** With the feedback `any`, lower ratings are ignored. */
  readonly positiveFrom: number;
}

/** Reads the histories of the users in the order of recording. Users without interactions have none. */
export async function readUserHistories(
  database: Database,
  rows: PairRows,
  options: UserHistoryOptions,
): Promise<UserHistory[]> {
  const histories: UserHistory[] = [];
  for await (const stored of readHistories(database, [...rows.users.keys()], { feedback: 'typed' })) {
    histories.push(...stored.map((history) => historyOf(history, rows, options)));
  }
  return histories;
}

function historyOf(stored: StoredHistory, rows: PairRows, options: UserHistoryOptions): UserHistory {
  const users = Int32Array.of(rows.users.get(stored.userId) as number);
  // An item added after the items were read has no row. Its interactions are left to the next training.
  const known = [...stored.itemIds.keys()].filter((pair) => rows.items.has(stored.itemIds[pair] as number));
  const whole = {
    users,
    items: Int32Array.from(known, (pair) => rows.items.get(stored.itemIds[pair] as number) as number),
    labels: Float32Array.from(known, (pair) => (stored.types[pair] === 'RATE' ? (stored.values[pair] ?? 0) : 0)),
    types: Uint8Array.from(known, (pair) => typeIndex(stored.types[pair] as InteractionType)),
  };
  return histories[options.feedback](whole, options.positiveFrom);
}

type TypedTask = Task & Required<Pick<Task, 'types'>>;

const rate = typeIndex('RATE');
const none = new Int32Array();

const histories: Record<FeedbackKind, (whole: TypedTask, positiveFrom: number) => UserHistory> = {
  typed: (whole) => ({ task: whole, ignored: none, whole }),
  ratings(whole) {
    const { users, items, labels, types } = whole;
    const rated = pairsOf(whole).filter((pair) => types[pair] === rate);
    const task = { users, items: select(items, rated), labels: select(labels, rated) };
    // Ratings need no types, so that a history of ratings alone is kept in memory once.
    return { task, ignored: none, whole: rated.length === items.length ? task : whole };
  },
  any(whole, positiveFrom) {
    const { users, items, labels, types } = whole;
    const lastOf = new Map(pairsOf(whole).map((pair) => [items[pair] as number, pair]));
    const latest = pairsOf(whole).filter((pair) => lastOf.get(items[pair] as number) === pair);
    const isLiked = (pair: number) => isPositive(types[pair] as number, labels[pair] as number, positiveFrom);
    const liked = select(items, latest.filter(isLiked));
    const task = { users, items: liked, labels: new Float32Array(liked.length).fill(1) };
    return {
      task,
      ignored: select(
        items,
        latest.filter((pair) => !isLiked(pair)),
      ),
      whole,
    };
  },
};

function pairsOf({ items }: Task): number[] {
  return [...items.keys()];
}

function select<T extends Int32Array | Float32Array>(values: T, pairs: readonly number[]): T {
  const selected = values.slice(0, pairs.length) as T;
  for (const [place, pair] of pairs.entries()) selected[place] = values[pair] as number;
  return selected;
}

/** Returns a history with its first pairs, at most `limit`. */
export function firstPairs(history: Task, limit: number): Task {
  const { users, items, labels, types } = history;
  if (items.length <= limit) return history;
  return {
    users,
    items: items.slice(0, limit),
    labels: labels.slice(0, limit),
    ...(types && { types: types.slice(0, limit) }),
  };
}

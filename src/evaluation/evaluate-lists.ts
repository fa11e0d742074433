import { setImmediate } from 'node:timers/promises';
import { type EncodedFeatures, encodeFeatures } from '../features/encode-features.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';
import { type Embeddings, type ListScope, type ScoringModel, selectEmbeddings } from '../models/recommender.ts';
import { type ListSupport, listSupport } from './list-support.ts';
import type { ListTask } from './list-tasks.ts';
import { checkScores, type MetricName } from './metrics.ts';
import { RankedList } from './ranked-list.ts';

/** How many interactions of a user are shown. Of a user with fewer, all are. */
export type ShownCount = number | 'all';

export const shownCounts: readonly ShownCount[] = [0, 1, 3, 5, 10, 20, 'all'];

/** Users and items, and how popular items are. */
export interface ListData {
  readonly schema: FeatureSchema;
  readonly users: EncodedFeatures;
  readonly items: EncodedFeatures;
  /** The number of positives in training of each item. */
  readonly positives: ArrayLike<number>;
}

export interface ListEvaluationOptions {
  /** The rating from which an item is liked, see `isPositive`. */
  readonly positiveFrom: number;
  /** Default: `shownCounts`. */
  readonly shown?: readonly ShownCount[];
  /** Determines the negatives of models whose support sets have some. An int32. Default: 1. */
  readonly seed?: number;
  /** Whether the model knows nothing but the interactions of a user. Default: false. */
  readonly withoutFeatures?: boolean;
  /** Marks by item row: only marked items are ranked. Default: all items. */
  readonly candidates?: Uint8Array;
  /** Whether the candidates are a pool, see `ListScope`. Default: `catalog`. */
  readonly scope?: ListScope;
  readonly signal?: AbortSignal | undefined;
}

export const listMetricNames = [
  'recall10',
  'recall20',
  'ndcg20',
  'ndcg100',
  'coverage10',
  'popularity10',
  'mostListed10',
] as const satisfies readonly MetricName[];

/**
 * Means over users of Recall@N and NDCG@N, see `RankedList`. `coverage10` is the number of different items in the first
 * ten of all users, `popularity10` the mean number of positives in training of the items there, and `mostListed10` the
 * share of users in whose first ten the most frequent of these items is.
 */
export type ListMetrics = Readonly<Record<(typeof listMetricNames)[number], number>>;

export interface ListEvaluation extends ListMetrics {
  readonly users: number;
}

/** The lists of the same users, by the number of interactions that the model was shown. */
export type ListsByShown = ReadonlyMap<ShownCount, ListEvaluation>;

/**
 * Measures the lists that a recommender makes for users it was not trained on, by the number of interactions that it is
 * shown of them. It ranks all items but the shown ones. The result is empty without tasks.
 *
 * Yields to the event loop after each list. Throws INVALID_DATA if a score is not finite, and the signal's reason when
 * it aborts.
 */
export async function evaluateLists(
  recommender: ScoringModel,
  data: ListData,
  tasks: readonly ListTask[],
  options: ListEvaluationOptions,
): Promise<ListsByShown> {
  const totals = new Map((options.shown ?? shownCounts).map((shown) => [shown, new ListTotal(data.positives)]));
  for await (const { task, shown, list } of rankLists(recommender, data, tasks, options)) {
    for (const count of shown) totals.get(count)?.add(list, task.relevant);
  }
  return new Map([...totals].filter(([, { users }]) => users > 0).map(([shown, total]) => [shown, total.means()]));
}

/** The sums over users of what is measured. */
class ListTotal {
  users = 0;
  readonly #sums = { recall10: 0, recall20: 0, ndcg20: 0, ndcg100: 0 };
  readonly #positives: ArrayLike<number>;
  /** How many users have each item in their first ten. */
  readonly #listed = new Map<number, number>();
  #mostListed = 0;
  #places = 0;
  #popularity = 0;

  constructor(positives: ArrayLike<number>) {
    this.#positives = positives;
  }

  add(list: RankedList, relevant: Int32Array): void {
    this.users += 1;
    this.#sums.recall10 += list.recall(relevant, 10);
    this.#sums.recall20 += list.recall(relevant, 20);
    this.#sums.ndcg20 += list.normalizedGain(relevant, 20);
    this.#sums.ndcg100 += list.normalizedGain(relevant, 100);
    for (const item of list.rows.subarray(0, 10)) {
      const times = (this.#listed.get(item) ?? 0) + 1;
      this.#listed.set(item, times);
      this.#mostListed = Math.max(this.#mostListed, times);
      this.#places += 1;
      this.#popularity += this.#positives[item] as number;
    }
  }

  means(): ListEvaluation {
    const { users } = this;
    const { recall10, recall20, ndcg20, ndcg100 } = this.#sums;
    return {
      users,
      recall10: recall10 / users,
      recall20: recall20 / users,
      ndcg20: ndcg20 / users,
      ndcg100: ndcg100 / users,
      coverage10: this.#listed.size,
      popularity10: this.#popularity / this.#places,
      mostListed10: this.#mostListed / users,
    };
  }
}

/** A user's list. `shown` has all requested numbers of shown interactions with which the list is this one. */
export interface MadeList {
  readonly task: ListTask;
  readonly shown: readonly ShownCount[];
  readonly list: RankedList;
}

/** Yields the lists that `evaluateLists` measures. */
export async function* rankLists(
  recommender: ScoringModel,
  data: Pick<ListData, 'schema' | 'users' | 'items'>,
  tasks: readonly ListTask[],
  options: ListEvaluationOptions,
): AsyncGenerator<MadeList, void> {
  const { shown = shownCounts, seed = 1, withoutFeatures = false, candidates, scope, signal } = options;
  const users = await recommender.embedUsers(withoutFeatures ? unknownUser(data.schema) : data.users);
  const items = await recommender.embedItems(data.items);
  const sizes = { users: data.users.rows, items: data.items.rows };
  const support = listSupport(tasks, recommender, { seed, ...sizes });
  for (const task of tasks) {
    const user = selectEmbeddings(users, [withoutFeatures ? 0 : task.user]);
    for (const [count, columns] of columnsByCount(shown, task.shown.items.length)) {
      const scores = await scoreAll(recommender, { user, items, scope }, support(task, count));
      for (const item of task.shown.items.subarray(0, count)) scores[item] = -Infinity;
      if (candidates) for (const [item, score] of scores.entries()) scores[item] = candidates[item] ? score : -Infinity;
      yield { task, shown: columns, list: new RankedList(scores) };
      await setImmediate();
      signal?.throwIfAborted();
    }
  }
}

function unknownUser(schema: FeatureSchema): EncodedFeatures {
  return encodeFeatures(schema, 'user', [{}]);
}

/** Returns the numbers of interactions to show, each with the requests that it is for. */
function columnsByCount(shown: readonly ShownCount[], available: number): ReadonlyMap<number, ShownCount[]> {
  const columns = new Map<number, ShownCount[]>();
  for (const column of shown) {
    const count = column === 'all' ? available : Math.min(column, available);
    columns.set(count, [...(columns.get(count) ?? []), column]);
  }
  return columns;
}

/** Returns the scores of all items as an array of its own, because a model may return one that it keeps. */
async function scoreAll(
  recommender: ScoringModel,
  { user, items, scope }: { user: Embeddings; items: Embeddings; scope: ListScope | undefined },
  { items: rows, ...pairs }: ReturnType<ListSupport>,
): Promise<Float32Array> {
  const adaptation = await recommender.adapt({ users: user, items: selectEmbeddings(items, rows), ...pairs });
  return checkScores(await recommender.score(adaptation, user, items, scope)).slice();
}

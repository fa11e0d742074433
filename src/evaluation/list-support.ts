import { agesOf } from '../features/ages.ts';
import { isRatingType } from '../features/interaction-types.ts';
import { lastingPairs } from '../features/opinions.ts';
import type { ScoringModel, SupportKind } from '../models/recommender.ts';
import { drawNegative, SeenItems } from '../tasks/negatives.ts';
import { type Random, randomSource } from '../tasks/random.ts';
import { selectElements } from '../tasks/select-pairs.ts';
import type { ListTask, ShownInteractions } from './list-tasks.ts';

/** A support set whose items are rows. */
export interface SupportRows {
  readonly items: readonly number[];
  readonly labels: Float32Array;
  readonly types?: Uint8Array;
  /** See `opinionOf`. */
  readonly opinions?: Float32Array;
  /** See `SupportSet`. */
  readonly amounts?: Float32Array;
  readonly ages?: Float32Array;
}

export interface ListSupportOptions {
  /** Determines the negatives. An int32. */
  readonly seed: number;
  /** The number of users and of items. */
  readonly users: number;
  readonly items: number;
}

/** Returns the support set of a task of which the first `count` interactions are shown. */
export type ListSupport = (task: ListTask, count: number) => SupportRows;

type Model = Pick<ScoringModel, 'support' | 'supportLimit'>;

/**
 * Returns how a model is shown the interactions of these tasks. It gets the kind of support set that it was trained
 * with, at most `supportLimit` pairs, the last ones that are shown. A negative of a pair is an item that is not among
 * the task's interactions. It is the same however many interactions are shown.
 */
export function listSupport(tasks: readonly ListTask[], model: Model, options: ListSupportOptions): ListSupport {
  return makers[model.support](tasks, model, options);
}

type Maker = (tasks: readonly ListTask[], model: Model, options: ListSupportOptions) => ListSupport;

const makers: Record<SupportKind, Maker> = {
  feedback:
    (_tasks, { supportLimit }) =>
    ({ shown }, count) => {
      const pairs = lastOf(lastingPairs(shown.items.subarray(0, count), shown.opinions), supportLimit);
      return {
        ...ratingsOf(shown, pairs),
        types: selectElements(shown.types, pairs),
        opinions: selectElements(shown.opinions, pairs),
        ...(shown.amounts && { amounts: selectElements(shown.amounts, pairs) }),
        ...(shown.times && { ages: agesOf(selectElements(shown.times, pairs)) }),
      };
    },
  labels:
    (_tasks, { supportLimit }) =>
    ({ shown }, count) =>
      ratingsOf(
        shown,
        lastOf(
          firstPairs(count).filter((pair) => isRatingType(shown.types[pair] as number)),
          supportLimit,
        ),
      ),
  positives:
    (_tasks, { supportLimit }) =>
    ({ shown }, count) => {
      const items = lastOf([...likedItems(shown, count).keys()], supportLimit);
      return { items, labels: new Float32Array(items.length).fill(1) };
    },
  positivesAndNegatives(tasks, { supportLimit }, options) {
    const negatives = drawNegatives(tasks, options);
    return (task, count) => {
      const drawn = negatives.get(task) as readonly (number | undefined)[];
      const positives = likedItems(task.shown, count);
      const pairs = lastOf([...positives], Math.floor(supportLimit / 2));
      const liked = pairs.map(([item]) => item);
      const others = pairs.map(([, pair]) => drawn[pair]).filter((item) => item !== undefined);
      return {
        items: [...liked, ...others],
        labels: Float32Array.from([...liked.map(() => 1), ...others.map(() => 0)]),
      };
    };
  },
};

function ratingsOf({ items, types, values }: ShownInteractions, pairs: readonly number[]): SupportRows {
  return {
    items: pairs.map((pair) => items[pair] as number),
    labels: Float32Array.from(pairs, (pair) => (isRatingType(types[pair] as number) ? (values[pair] as number) : 0)),
  };
}

/**
 * Returns the liked items among the first `count` interactions, each with the index of a positive: its first one since
 * the user last disliked it.
 */
function likedItems({ items, opinions }: ShownInteractions, count: number): ReadonlyMap<number, number> {
  const positives = new Map<number, number>();
  for (const pair of firstPairs(count)) {
    const item = items[pair] as number;
    if ((opinions[pair] as number) <= 0) positives.delete(item);
    else if (!positives.has(item)) positives.set(item, pair);
  }
  return positives;
}

/** Draws an item for each interaction of each task, or `undefined` where the user knows nearly all items. */
function drawNegatives(
  tasks: readonly ListTask[],
  { seed, users, items }: ListSupportOptions,
): ReadonlyMap<ListTask, readonly (number | undefined)[]> {
  const known = tasks.map(({ user, shown }) => ({
    users: Int32Array.of(user),
    items: shown.items,
    labels: shown.values,
  }));
  const source = { items, seen: new SeenItems({ users: { rows: users }, tasks: known }) };
  const random: Random = randomSource(seed);
  return new Map(
    tasks.map((task) => [task, Array.from(task.shown.items, () => drawNegative(undefined, task.user, source, random))]),
  );
}

function firstPairs(count: number): number[] {
  return Array.from({ length: count }, (_, pair) => pair);
}

function lastOf<T>(all: readonly T[], limit: number): readonly T[] {
  return all.slice(Math.max(all.length - limit, 0));
}

import { opinionsOf, positivePairs, typeOf } from '../tasks/positives.ts';
import { type Random, randomSource, shuffle } from '../tasks/random.ts';
import { selectElements } from '../tasks/select-pairs.ts';
import { type Task, userOf } from '../tasks/training-data.ts';

/** A held-out user: the interactions that a model can be shown, and the hidden items to find. */
export interface ListTask {
  /** The row of the user. */
  readonly user: number;
  /** With k interactions shown, the first k of them. */
  readonly shown: ShownInteractions;
  /** The rows of the hidden items that the user likes. At least one, each once. */
  readonly relevant: Int32Array;
}

/** Interactions in parallel arrays, in the order in which they are shown. */
export interface ShownInteractions {
  readonly items: Int32Array;
  /** See `typeIndex`. */
  readonly types: Uint8Array;
  /** The rating of each interaction of type RATE. */
  readonly values: Float32Array;
  /** See `opinionOf`. */
  readonly opinions: Float32Array;
  /** See `Task`. */
  readonly amounts?: Float32Array;
  /** See `Task`. Only if the latest interactions are hidden: otherwise, what is shown may come later than they do. */
  readonly times?: Float64Array;
}

/** Which of a user's items are hidden: a `random` part, or the ones with the `latest` interactions. */
export const hiddenParts = ['random', 'latest'] as const;
export type HiddenPart = (typeof hiddenParts)[number];

export interface HideOptions {
  /** The rating from which an item is liked, see `positivePairs`. */
  readonly positiveFrom: number;
  /** Default: `random`. */
  readonly hide?: HiddenPart;
  /** Determines what is hidden at random, and the order in which the rest is shown. An int32. */
  readonly seed: number;
  /**
   * A seed of each user, by row, instead of one source for all: what is hidden of a user then does not depend on the
   * other users. int32 or uint32.
   */
  readonly userSeeds?: ArrayLike<number>;
  /** Marks by item row: interactions with marked items are never shown. */
  readonly neverShown?: Uint8Array | undefined;
}

const hiddenShare = 0.2;

/**
 * Hides a fifth of each user's items, at least one, with all interactions with them. The rest is shown in random order,
 * or, if the latest items are hidden, in the order of the history. Leaves out users who like none of their hidden
 * items. Interactions without types are ratings.
 */
export function listTasks(histories: readonly Task[], options: HideOptions): ListTask[] {
  const shared = randomSource(options.seed);
  const { userSeeds } = options;
  const sourceOf = (history: Task) => (userSeeds ? randomSource(userSeeds[userOf(history, 0)] as number) : shared);
  return histories
    .map((history) => splitHistory(history, options, sourceOf(history)))
    .filter(({ relevant }) => relevant.length > 0);
}

function splitHistory(history: Task, { hide = 'random', ...options }: HideOptions, random: Random): ListTask {
  const order = itemsByLastInteraction(history);
  if (hide === 'random') shuffle(order, random);
  const kept = order.length - Math.max(Math.round(order.length * hiddenShare), 1);
  const places = new Map([...order].map((item, place) => [item, place]));
  const placeOf = (pair: number) => places.get(history.items[pair] as number) as number;
  const shown = [...history.items.keys()].filter((pair) => placeOf(pair) < kept);
  // The sort is stable, so the interactions with one item keep their order.
  if (hide === 'random') shown.sort((a, b) => placeOf(a) - placeOf(b));
  const hidden = [...history.items.keys()].filter((pair) => placeOf(pair) >= kept);
  const { times: _, ...untimed } = history;
  return taskOf(hide === 'latest' ? history : untimed, { shown, hidden }, options);
}

/** Hides all marked items of each user, and shows the rest in the order of the history. See `listTasks`. */
export function hideMarked(histories: readonly Task[], marked: Uint8Array, positiveFrom: number): ListTask[] {
  return histories
    .map(({ times: _, ...history }) => {
      const isHidden = (pair: number) => marked[history.items[pair] as number] === 1;
      const pairs = [...history.items.keys()];
      const parts = { shown: pairs.filter((pair) => !isHidden(pair)), hidden: pairs.filter(isHidden) };
      return taskOf(history, parts, { positiveFrom });
    })
    .filter(({ relevant }) => relevant.length > 0);
}

interface SplitPairs {
  readonly shown: readonly number[];
  readonly hidden: readonly number[];
}

function taskOf(
  history: Task,
  { shown, hidden }: SplitPairs,
  { positiveFrom, neverShown }: Pick<HideOptions, 'positiveFrom' | 'neverShown'>,
): ListTask {
  const itemOf = (pair: number) => history.items[pair] as number;
  const labelOf = (pair: number) => history.labels[pair] as number;
  const visible = shown.filter((pair) => !neverShown?.[itemOf(pair)]);
  const { amounts, times } = history;
  const opinions = opinionsOf(history, positiveFrom);
  const positives = new Set(positivePairs({ ...history, opinions }, positiveFrom));
  const liked = hidden.filter((pair) => positives.has(pair));
  return {
    user: userOf(history, 0),
    shown: {
      items: Int32Array.from(visible, itemOf),
      types: Uint8Array.from(visible, (pair) => typeOf(history, pair)),
      values: Float32Array.from(visible, labelOf),
      opinions: selectElements(opinions, visible),
      ...(amounts && { amounts: selectElements(amounts, visible) }),
      ...(times && { times: selectElements(times, visible) }),
    },
    relevant: Int32Array.from(new Set(liked.map(itemOf))),
  };
}

/** Returns the items of a history, each once, ordered by their last interaction. */
function itemsByLastInteraction({ items }: Task): Int32Array {
  const order = new Set<number>();
  for (const item of items) {
    order.delete(item);
    order.add(item);
  }
  return Int32Array.from(order);
}

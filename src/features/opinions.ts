import { isRatingType } from './interaction-types.ts';

/** A user's latest opinion of an item. */
export interface Opinion {
  /** Above 0 if the user likes the item, below 0 if the user dislikes it, and 0 for neither; see `opinionOf`. */
  readonly weight: number;
  /** The pair that says so. */
  readonly pair: number;
}

/**
 * Returns the latest opinion of each item of a history, in the order of these opinions. `opinions` has one for each
 * pair, see `opinionOf`. Pairs are in the order in which they happened. A user who views an item and then rates it low
 * does not like it. A user who buys an item and then views it likes it as much as the purchase says.
 */
export function latestOpinions(items: ArrayLike<number>, opinions: ArrayLike<number>): Map<number, Opinion> {
  const latest = new Map<number, Opinion>();
  for (let pair = 0; pair < items.length; pair++) {
    const item = items[pair] as number;
    const opinion = opinions[pair] as number;
    const before = latest.get(item)?.weight ?? 0;
    latest.delete(item);
    latest.set(item, { weight: opinion > 0 ? Math.max(opinion, before) : opinion, pair });
  }
  return latest;
}

/**
 * Returns the pairs of a history that a later dislike of the same item does not overrule, in their order. Ratings that are
 * not positive overrule nothing: they enter models by their values.
 */
export function lastingPairs(items: ArrayLike<number>, opinions: ArrayLike<number | undefined>): number[] {
  const disliked = new Set<number>();
  const lasting: number[] = [];
  for (let pair = items.length - 1; pair >= 0; pair--) {
    const item = items[pair] as number;
    const isDislike = (opinions[pair] ?? 0) < 0;
    if (!isDislike && disliked.has(item)) continue;
    if (isDislike) disliked.add(item);
    lasting.push(pair);
  }
  return lasting.reverse();
}

/**
 * Returns what multiplies an item's vector before a model reads the type of the interaction: 1 for a rating, which enters
 * the model by its value, and the opinion for other types.
 */
export function evidenceOf(type: number, opinion: number): number {
  return isRatingType(type) ? 1 : opinion;
}

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { clearBatch, type EpisodeBatch } from './episode-batch.ts';
import { drawNegative, type NegativeSource } from './negatives.ts';
import type { Random } from './random.ts';
import type { Pairs } from './training-data.ts';

/**
 * Fills the query set of a batch of one task with pairs of a domain that has no tasks: `positives` at random, with
 * label 1, in the first half of the places, and a negative of the same user for each, with label 0, in the second half.
 * A pair of a user who has interacted with every item is left out, because it has nothing to be compared with.
 */
export function drawSourcePairs(batch: EpisodeBatch, positives: Pairs, source: NegativeSource, random: Random): void {
  clearBatch(batch);
  batch.filled = 1;
  const { places, ...query } = batch.query;
  const put = (place: number, user: number, item: number, label: number) => {
    query.users[place] = user;
    query.items[place] = item;
    query.labels[place] = label;
    query.mask[place] = 1;
  };
  for (let place = 0; place < places / 2; place++) {
    const pair = uniformInt(random, 0, positives.items.length - 1);
    const user = positives.users[pair] as number;
    const negative = drawNegative(undefined, user, source, random);
    if (negative === undefined) continue;
    put(place, user, positives.items[pair] as number, 1);
    put(places / 2 + place, user, negative, 0);
  }
}

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { rowWithout } from '../features/dropped-features.ts';
import type { EpisodeBatch } from './episode-batch.ts';
import type { Random } from './random.ts';
import type { TrainingData } from './training-data.ts';

/** How much of what is known of users and items is dropped in training. */
export interface DropoutOptions {
  /** The share of a task's users and items whose features and IDs are dropped. */
  readonly featureDropout: number;
  /** The share of the others of which only the ID is dropped. */
  readonly idDropout: number;
}

/**
 * Drops features and IDs at random from the tasks of a filled batch, so that training also reads the embeddings of
 * "unknown", as serving does for new users and items. Afterwards, users and items are rows of `withDropped`. A user or
 * an item is the same in all pairs of its task: a positive and its negative are compared for one user.
 */
export function dropFeatures(
  batch: EpisodeBatch,
  { users, items }: Pick<TrainingData, 'users' | 'items'>,
  options: DropoutOptions,
  random: Random,
): void {
  if (options.featureDropout === 0 && options.idDropout === 0) return;
  for (let task = 0; task < batch.filled; task++) {
    const userOf = oncePerRow((row) => drawRow(row, users.rows, options, random));
    const itemOf = oncePerRow((row) => drawRow(row, items.rows, options, random));
    for (const { places, mask, ...pairs } of [batch.support, batch.query]) {
      if (!batch.size.userPerPair) pairs.users[task] = userOf(pairs.users[task] as number);
      for (let place = task * places; place < (task + 1) * places; place++) {
        if (mask[place] === 0) continue;
        if (batch.size.userPerPair) pairs.users[place] = userOf(pairs.users[place] as number);
        pairs.items[place] = itemOf(pairs.items[place] as number);
      }
    }
  }
}

function drawRow(row: number, count: number, { featureDropout, idDropout }: DropoutOptions, random: Random): number {
  if (uniformFloat64(random) < featureDropout) return rowWithout.features(count);
  return uniformFloat64(random) < idDropout ? rowWithout.id(count, row) : row;
}

function oncePerRow(draw: (row: number) => number): (row: number) => number {
  const drawn = new Map<number, number>();
  return (row) => {
    const earlier = drawn.get(row);
    if (earlier !== undefined) return earlier;
    const now = draw(row);
    drawn.set(row, now);
    return now;
  };
}

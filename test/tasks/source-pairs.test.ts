import { expect, test } from '@jest/globals';
import { allocateBatch, type EpisodeBatch } from '../../src/tasks/episode-batch.ts';
import { SeenItems } from '../../src/tasks/negatives.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { drawSourcePairs } from '../../src/tasks/source-pairs.ts';
import { dataWithTasks } from './tasks-of.ts';

/** User 0 has interacted with items 0 to 2, user 1 with item 3, and user 2 with all five. */
const interactions = {
  users: Int32Array.of(0, 0, 0, 1, 2, 2, 2, 2, 2),
  items: Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3, 4),
};
const data = { ...dataWithTasks([5, 5, 5]), interactions };
const negatives = { items: 5, seen: new SeenItems(data) };
const size = { tasks: 1, support: 0, query: 400, userPerPair: true };

function drawn(seed: number, batch = allocateBatch(size)): EpisodeBatch {
  drawSourcePairs(batch, interactions, negatives, randomSource(seed));
  return batch;
}

test('source pairs are known interactions, each with an item that the user has not interacted with', () => {
  const { users, items, labels, mask } = drawn(1).query;
  const found = new Set<string>();
  for (let place = 0; place < 200; place++) {
    const negative = 200 + place;
    expect(mask[negative]).toBe(mask[place]);
    if (mask[place] === 0) continue;
    expect([labels[place], labels[negative]]).toEqual([1, 0]);
    expect(users[negative]).toBe(users[place]);
    expect(negatives.seen.has(users[place] as number, items[place] as number)).toBe(true);
    expect(negatives.seen.has(users[negative] as number, items[negative] as number)).toBe(false);
    found.add(`${users[place]} ${items[place]}`);
  }
  // All pairs occur but those of the user who has interacted with every item.
  expect([...found].sort()).toEqual(['0 0', '0 1', '0 2', '1 3']);
});

test('one source of random numbers gives the same pairs, also in a batch that was used before', () => {
  const pairsOf = ({ query: { users, items, mask } }: EpisodeBatch) =>
    Array.from(mask, (counts, place) => (counts === 1 ? [users[place], items[place]] : undefined));
  expect(pairsOf(drawn(2, drawn(1)))).toEqual(pairsOf(drawn(2)));
  expect(pairsOf(drawn(1))).not.toEqual(pairsOf(drawn(2)));
});

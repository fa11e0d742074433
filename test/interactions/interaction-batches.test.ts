import { describe, expect, test } from '@jest/globals';
import { interactionBatches } from '../../src/interactions/interaction-batches.ts';
import type { KnownInteraction } from '../../src/interactions/known-interactions.ts';

describe('interactionBatches', () => {
  test('joins groups and cuts between two users', async () => {
    expect(await batchesOf([[1, 1, 2], [2, 2], [3, 3, 4], []], 4)).toEqual([
      [1, 1],
      [2, 2, 2],
      [3, 3, 4],
    ]);
    expect(await batchesOf([[1, 1, 2, 2, 3]], 4)).toEqual([[1, 1, 2, 2], [3]]);
  });

  test('cuts within a user who fills a batch alone', async () => {
    expect(await batchesOf([[1, 1, 1, 1, 1, 1, 1, 2]], 3)).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [1, 2],
    ]);
  });

  test('keeps the order of interactions of users that alternate', async () => {
    expect(await batchesOf([[1, 2, 1, 2, 1, 2, 1]], 3)).toEqual([[1, 2, 1], [2, 1, 2], [1]]);
  });

  test('yields nothing for no interactions', async () => {
    expect(await batchesOf([[], []], 3)).toEqual([]);
  });
});

/** Returns the users of each batch. The items number the interactions, so that their order is checked too. */
async function batchesOf(groups: readonly (readonly number[])[], rows: number): Promise<number[][]> {
  let itemId = 0;
  const interactions = groups.map((users) => {
    return users.map(
      (userId): KnownInteraction => ({
        userId,
        itemId: itemId++,
        scenarioId: null,
        type: 'VIEW',
        value: null,
        time: null,
      }),
    );
  });
  const batches: KnownInteraction[][] = [];
  for await (const batch of interactionBatches(toAsync(interactions), rows)) batches.push(batch);
  expect(batches.flat()).toEqual(interactions.flat());
  return batches.map((batch) => batch.map(({ userId }) => userId));
}

async function* toAsync<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

import { describe, expect, test } from '@jest/globals';
import { evaluateRatings } from '../../src/evaluation/evaluate-ratings.ts';
import { popularityBaseline } from '../../src/evaluation/popularity-baseline.ts';
import type { ScoringModel } from '../../src/models/recommender.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { tasteEpisodes as episodes, tasteData } from '../training/taste-data.ts';

const { schema, users, items: someItems } = tasteData(2, 3);
const items = { ...someItems, rows: 4 };
const task = (user: number, rated: Readonly<Record<number, number>>): Task => ({
  users: Int32Array.of(user),
  items: Int32Array.from(Object.keys(rated), Number),
  labels: Float32Array.from(Object.values(rated)),
});
/**
 * Item 0 is rated 5, 4 and 3, item 1 is rated 1, and item 2 is rated 5 and 3: a mean of 21 / 6 = 3.5. Item 3 has no
 * rating.
 */
const data = {
  schema,
  items,
  tasks: [task(0, { 0: 5, 1: 1 }), task(1, { 0: 4, 2: 5 }), task(2, { 0: 3, 2: 3 })],
};

/** The scores of all items, adapted to a high rating of item 3. */
async function scores(model: ScoringModel): Promise<number[]> {
  const [user, embedded] = [await model.embedUsers(users), await model.embedItems(items)];
  const support = { rows: 1, width: 1, data: embedded.data.slice(3, 4) };
  const adaptation = await model.adapt({ users: user, items: support, labels: Float32Array.of(5) });
  return [...(await model.score(adaptation, user, embedded))];
}

describe('the baseline of ratings', () => {
  test('is the mean of an item with five more ratings of the overall mean', async () => {
    const model = await popularityBaseline(data, 'ratings');
    const expected = [(12 + 17.5) / 8, (1 + 17.5) / 6, (8 + 17.5) / 7, 3.5];
    for (const [item, score] of (await scores(model)).entries()) expect(score).toBeCloseTo(expected[item] as number, 6);
    expect(model.predictsLabels).toBe(true);
  });

  test('predicts ratings that can be measured', async () => {
    // Half of the users rate each genre 5 and the others rate it 1, so means do not distinguish users.
    const balanced = tasteData(20, 3);
    const { mae, tasks } = await evaluateRatings(await popularityBaseline(balanced, 'ratings'), balanced, {
      episodes,
    });
    expect(tasks).toBe(20);
    expect(mae).toBeGreaterThan(1.5);
    expect(mae).toBeLessThan(2.5);
  });
});

describe('the baseline of other interactions', () => {
  test('counts the pairs of items in the training tasks, regardless of the support set', async () => {
    const model = await popularityBaseline(data, 'any');
    expect(await scores(model)).toEqual([3, 1, 2, 0]);
    expect(model.predictsLabels).toBe(false);
  });

  test('counts all known interactions, in tasks or not', async () => {
    const interactions = { users: Int32Array.of(5, 6, 7), items: Int32Array.of(3, 3, 1) };
    expect(await scores(await popularityBaseline({ ...data, interactions }, 'any'))).toEqual([0, 1, 0, 2]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { drawNewItems, evaluateNewItems, recallByCount } from '../../src/evaluation/evaluate-new-items.ts';
import type { ListTask } from '../../src/evaluation/list-tasks.ts';
import type { ScoringModel, SupportSet } from '../../src/models/recommender.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { dataWithTasks } from '../tasks/tasks-of.ts';

const items = 40;
const { schema, users, items: encoded } = dataWithTasks([items, 1]);
const data = { schema, users, items: encoded, positives: new Int32Array(items) };

/** Scores items by their rows: the last one is the first of every list. */
function byRow(supports: SupportSet[] = []): ScoringModel {
  const rows = Float32Array.from({ length: items }, (_, row) => row);
  return {
    schema,
    supportLimit: Infinity,
    support: 'positives',
    predictsLabels: false,
    embedUsers: async ({ rows }) => ({ rows, width: 1, data: new Float32Array(rows) }),
    embedItems: async () => ({ rows: items, width: 1, data: rows }),
    async adapt(support) {
      supports.push(support);
      return { state: new Float32Array(), pairs: 0 };
    },
    score: async () => rows,
  };
}

describe('drawNewItems', () => {
  const ids = Array.from({ length: 2000 }, (_, item) => `item ${item}`);

  test('marks about the share of the items', () => {
    const marked = drawNewItems(ids, 0.1).reduce((sum, mark) => sum + mark, 0);
    expect(marked).toBeGreaterThan(150);
    expect(marked).toBeLessThan(250);
  });

  test('depends on the IDs alone, so more items leave the marks of the others', () => {
    const marks = drawNewItems(ids, 0.1);
    expect([...drawNewItems(ids.slice(500), 0.1)]).toEqual([...marks.subarray(500)]);
  });
});

describe('evaluateNewItems', () => {
  test('shows everything but the new items, and ranks the new items among themselves', async () => {
    const isNew = new Uint8Array(items);
    // Twenty-four new items, of which the user likes the first and the last.
    for (let item = 10; item < 34; item++) isNew[item] = 1;
    const history: Task = {
      users: Int32Array.of(0),
      items: Int32Array.of(39, 10, 33, 20, 5),
      labels: Float32Array.of(5, 5, 4, 1, 4),
    };
    const supports: SupportSet[] = [];
    const measured = await evaluateNewItems(byRow(supports), data, [history], isNew, { positiveFrom: 4 });
    expect([...(supports[0]?.items.data ?? [])]).toEqual([39, 5]);
    // Row 33 is the first of the new items, and row 10 the last one of twenty-four.
    expect(measured).toMatchObject({ users: 1, recall20: 0.5 });
    expect(measured?.ndcg20).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 12);
  });

  test('is undefined if nobody likes a new item', async () => {
    const history: Task = { users: Int32Array.of(0), items: Int32Array.of(1), labels: Float32Array.of(2) };
    const isNew = new Uint8Array(items).fill(1);
    expect(await evaluateNewItems(byRow(), data, [history], isNew, { positiveFrom: 4 })).toBeUndefined();
  });
});

describe('recallByCount', () => {
  test('is the recall in the whole list of the items with each number of interactions, over the users who like any', async () => {
    // The first twenty of every list are the rows 39 to 20.
    const counts = Int32Array.from({ length: items }, (_, item) => [0, 1, 5, 6, 20, 21, 500][item % 7] as number);
    const task = (user: number, relevant: number[]): ListTask => ({
      user,
      shown: {
        items: new Int32Array(),
        types: new Uint8Array(),
        values: new Float32Array(),
        opinions: new Float32Array(),
      },
      relevant: Int32Array.from(relevant),
    });
    // Modulo 7: 35 and 0 have no interactions; 36, 1 and 2 have 1, 1 and 5; 38 has 6; 5 has 21 and 27 has 500.
    const tasks = [task(0, [35, 0, 36, 1, 2]), task(1, [38, 5]), task(0, [28, 27])];
    expect(await recallByCount(byRow(), data, tasks, counts, { positiveFrom: 4 })).toEqual({
      '0': (1 / 2 + 1) / 2,
      '1-5': 1 / 3,
      '6-20': 1,
      more: (0 + 1) / 2,
    });
  });

  test('has no value for a range in which nobody likes an item', async () => {
    expect(await recallByCount(byRow(), data, [], new Int32Array(items), { positiveFrom: 4 })).toEqual({});
  });
});

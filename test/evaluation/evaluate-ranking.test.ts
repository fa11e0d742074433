import { describe, expect, test } from '@jest/globals';
import { evaluateRanking, evaluateRankingAtSizes } from '../../src/evaluation/evaluate-ranking.ts';
import type { RankingTask } from '../../src/evaluation/ranking-tasks.ts';
import type { EncodedFeatures } from '../../src/features/encode-features.ts';
import type { Embeddings, Recommender, SupportSet } from '../../src/models/recommender.ts';
import { dataWithTasks } from '../tasks/tasks-of.ts';

/** Forty users and a hundred items. Each user has interacted with the first fifty. */
const data = dataWithTasks(new Array(40).fill(50));
const everyItem = dataWithTasks([100]);
const wide = { ...data, items: everyItem.items, schema: everyItem.schema };

/** The embedding of an entity is its row. */
const embed = async ({ rows }: EncodedFeatures): Promise<Embeddings> => ({
  rows,
  width: 1,
  data: Float32Array.from({ length: rows }, (_, row) => row),
});

function recommender(
  score: (user: number, item: number) => number,
  { supportLimit = 128, supports = [] as SupportSet[] } = {},
): Recommender {
  return {
    kind: 'made for this test',
    schema: wide.schema,
    supportLimit,
    support: 'positives',
    predictsLabels: false,
    embedUsers: embed,
    embedItems: embed,
    adapt: async (support) => {
      supports.push(support);
      return { state: new Float32Array(), pairs: support.items.rows };
    },
    score: async (_, user, items) => items.data.map((item) => score(user.data[0] as number, item)),
    explain: async () => ({}),
    save: () => {
      throw new Error('Nothing to save.');
    },
    dispose: () => {},
  } as Recommender;
}

const task: RankingTask = {
  support: {
    users: Int32Array.from({ length: 30 }, (_, pair) => pair),
    items: Int32Array.from({ length: 30 }, (_, pair) => pair),
  },
  candidates: Int32Array.from({ length: 100 }, (_, item) => item),
  queries: [
    { user: 35, relevant: Int32Array.of(0, 99) },
    { user: 36, relevant: Int32Array.of(98) },
  ],
};
const episodes = { supportPairs: 10, negatives: 'both' as const };

describe('evaluateRanking', () => {
  test('is the mean of the recall over users', async () => {
    const byRow = recommender((_, item) => item);
    expect(await evaluateRanking(byRow, wide, [task], { episodes })).toEqual({
      tasks: 1,
      queries: 2,
      recall10: (0.5 + 1) / 2,
      recall20: (0.5 + 1) / 2,
      recall50: (0.5 + 1) / 2,
      recall100: 1,
    });
  });

  test('counts an item at rank 100 among the first hundred, but not one at rank 101', async () => {
    const many = dataWithTasks([150]);
    const candidates = Int32Array.from({ length: 150 }, (_, item) => item);
    const queries = [{ user: 35, relevant: Int32Array.of(49, 50) }];
    const measured = await evaluateRanking(
      recommender((_, item) => item),
      { ...data, items: many.items, schema: many.schema },
      [{ ...task, candidates, queries }],
      { episodes },
    );
    expect(measured).toMatchObject({ recall50: 0, recall100: 0.5 });
  });

  test('refuses scores that are not finite', async () => {
    const broken = recommender(() => Number.NaN);
    await expect(evaluateRanking(broken, wide, [task], { episodes })).rejects.toThrow(
      'Expected finite scores, got NaN',
    );
  });

  test('scores every candidate for the user of the query', async () => {
    // Each user has another item with the highest score.
    const own = recommender((user, item) => (user === 35 && item === 99 ? 2 : user === 36 && item === 98 ? 2 : -item));
    const { recall10 } = await evaluateRanking(own, wide, [task], { episodes });
    expect(recall10).toBe(1);
  });

  test('adapts to the first support pairs, each with a negative of the same user', async () => {
    const supports: SupportSet[] = [];
    await evaluateRanking(
      recommender(() => 0, { supports }),
      wide,
      [task],
      { episodes },
    );
    const { users, items, labels } = supports[0] as SupportSet;
    expect([...labels]).toEqual([...new Array(10).fill(1), ...new Array(10).fill(0)]);
    expect([...items.data.subarray(0, 10)]).toEqual([...task.support.items.subarray(0, 10)]);
    expect([...users.data.subarray(10)]).toEqual([...users.data.subarray(0, 10)]);
    for (const negative of items.data.subarray(10)) expect(negative).toBeGreaterThanOrEqual(50);
  });

  test('gives no negatives to a model that was trained without them, and all pairs to a model without a limit', async () => {
    const supports: SupportSet[] = [];
    const run = (supportLimit: number, negatives: 'query' | 'both') =>
      evaluateRanking(
        recommender(() => 0, { supports, supportLimit }),
        wide,
        [task],
        { episodes: { supportPairs: 10, negatives } },
      );
    await run(128, 'query');
    await run(Number.POSITIVE_INFINITY, 'both');
    expect(supports.map(({ labels }) => [...labels])).toEqual([new Array(10).fill(1), new Array(30).fill(1)]);
  });

  test('draws the same negatives for the same seed', async () => {
    const supports: SupportSet[] = [];
    const watching = recommender(() => 0, { supports });
    for (const seed of [3, 3, 4]) await evaluateRanking(watching, wide, [task], { episodes, seed });
    const [first, second, other] = supports.map(({ items }) => [...items.data]);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  describe('with several support sizes', () => {
    const evaluateAt = async (sizes: readonly ((available: number, task: number) => number | undefined)[]) => {
      const supports: SupportSet[] = [];
      const result = await evaluateRankingAtSizes(
        recommender((_, item) => item, { supports }),
        wide,
        [task, task],
        sizes,
        { episodes },
      );
      return { supports, result };
    };

    test('uses the first pairs and their negatives, and adapts once to each size', async () => {
      const { supports } = await evaluateAt([(available) => available, () => 3, () => 0, () => 3]);
      expect(supports.map(({ labels }) => labels.length)).toEqual([20, 6, 0, 20, 6, 0]);
      const [all, few] = [...supports] as [SupportSet, SupportSet];
      const pairs = ({ users, items }: SupportSet) =>
        [...items.data].map((item, pair) => `${users.data[pair]} ${item}`);
      expect(pairs(few)).toEqual([...pairs(all).slice(0, 3), ...pairs(all).slice(10, 13)]);
    });

    test('calls each size with the available pairs and the task index, and skips tasks without a size', async () => {
      const calls: number[][] = [];
      const { result } = await evaluateAt([
        (available, index) => {
          calls.push([available, index]);
          return index === 1 ? 0 : undefined;
        },
        () => undefined,
      ]);
      expect(calls).toEqual([
        [30, 0],
        [30, 1],
      ]);
      expect(result[0]).toMatchObject({ tasks: 1, queries: 2, recall10: 0.75 });
      expect(result[1]).toMatchObject({ tasks: 0, queries: 0 });
    });

    test('throws the reason of the signal when it aborts', async () => {
      const abort = new AbortController();
      let scored = 0;
      const watching = recommender(() => {
        scored += 1;
        abort.abort(new Error('stopped by hand'));
        return 0;
      });
      const evaluating = evaluateRanking(watching, wide, [task], { episodes, signal: abort.signal });
      await expect(evaluating).rejects.toThrow('stopped by hand');
      expect(scored).toBe(100);
    });
  });
});

import { describe, expect, test } from '@jest/globals';
import { evaluateRanking, evaluateRankingAtSizes } from '../../src/evaluation/evaluate-ranking.ts';
import type { RankingTask } from '../../src/evaluation/ranking-tasks.ts';
import type { EncodedFeatures } from '../../src/features/encode-features.ts';
import type { Embeddings, Recommender, SupportSet } from '../../src/models/recommender.ts';
import { dataWithTasks } from '../tasks/tasks-of.ts';

/** Forty users over a hundred items of which each has seen the first fifty. */
const data = dataWithTasks(new Array(40).fill(50));
const everyItem = dataWithTasks([100]);
const wide = { ...data, items: everyItem.items, schema: everyItem.schema };

/** An entity's embedding is its row. */
const embed = async ({ rows }: EncodedFeatures): Promise<Embeddings> => ({
  rows,
  width: 1,
  data: Float32Array.from({ length: rows }, (_, row) => row),
});

function recommender(
  score: (user: number, item: number) => number,
  { supportLimit = 128, shown = [] as SupportSet[] } = {},
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
      shown.push(support);
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
    });
  });

  test('refuses scores that are no numbers', async () => {
    const broken = recommender(() => Number.NaN);
    await expect(evaluateRanking(broken, wide, [task], { episodes })).rejects.toThrow(
      'Expected finite scores, got NaN',
    );
  });

  test('scores every candidate for the user who is asked about', async () => {
    // Each user is scored highest an item that is nobody else's.
    const own = recommender((user, item) =>
      user === 35 && item === 99 ? 2 : user === 36 && item === 98 ? 2 : -item,
    );
    const { recall10 } = await evaluateRanking(own, wide, [task], { episodes });
    expect(recall10).toBe(1);
  });

  test('adapts to the first support pairs and a negative of the same user beside each', async () => {
    const shown: SupportSet[] = [];
    await evaluateRanking(
      recommender(() => 0, { shown }),
      wide,
      [task],
      { episodes },
    );
    const { users, items, labels } = shown[0] as SupportSet;
    expect([...labels]).toEqual([...new Array(10).fill(1), ...new Array(10).fill(0)]);
    expect([...items.data.subarray(0, 10)]).toEqual([...task.support.items.subarray(0, 10)]);
    expect([...users.data.subarray(10)]).toEqual([...users.data.subarray(0, 10)]);
    for (const negative of items.data.subarray(10)) expect(negative).toBeGreaterThanOrEqual(50);
  });

  test('shows no negatives to a model that was trained without, and all pairs to one without a limit', async () => {
    const shown: SupportSet[] = [];
    const run = (supportLimit: number, negatives: 'query' | 'both') =>
      evaluateRanking(
        recommender(() => 0, { shown, supportLimit }),
        wide,
        [task],
        { episodes: { supportPairs: 10, negatives } },
      );
    await run(128, 'query');
    await run(Number.POSITIVE_INFINITY, 'both');
    expect(shown.map(({ labels }) => [...labels])).toEqual([new Array(10).fill(1), new Array(30).fill(1)]);
  });

  test('gives the same for the same seed', async () => {
    const shown: SupportSet[] = [];
    const watching = recommender(() => 0, { shown });
    for (const seed of [3, 3, 4]) await evaluateRanking(watching, wide, [task], { episodes, seed });
    const [first, second, other] = shown.map(({ items }) => [...items.data]);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  describe('showing pairs in several ways', () => {
    const showing = async (ways: readonly ((available: number, task: number) => number | undefined)[]) => {
      const shown: SupportSet[] = [];
      const result = await evaluateRankingAtSizes(
        recommender((_, item) => item, { shown }),
        wide,
        [task, task],
        ways,
        { episodes },
      );
      return { shown, result };
    };

    test('shows the first pairs and their negatives, each number of them once', async () => {
      const { shown } = await showing([(available) => available, () => 3, () => 0, () => 3]);
      expect(shown.map(({ labels }) => labels.length)).toEqual([20, 6, 0, 20, 6, 0]);
      const [all, few] = [...shown] as [SupportSet, SupportSet];
      const pairs = ({ users, items }: SupportSet) =>
        [...items.data].map((item, pair) => `${users.data[pair]} ${item}`);
      expect(pairs(few)).toEqual([...pairs(all).slice(0, 3), ...pairs(all).slice(10, 13)]);
    });

    test('tells a way how many pairs there are, and leaves out the tasks that it does not measure', async () => {
      const told: number[][] = [];
      const { result } = await showing([
        (available, place) => {
          told.push([available, place]);
          return place === 1 ? 0 : undefined;
        },
        () => undefined,
      ]);
      expect(told).toEqual([
        [30, 0],
        [30, 1],
      ]);
      expect(result[0]).toMatchObject({ tasks: 1, queries: 2, recall10: 0.75 });
      expect(result[1]).toMatchObject({ tasks: 0, queries: 0 });
    });

    test('ends when it is told to', async () => {
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

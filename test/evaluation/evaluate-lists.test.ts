import { describe, expect, test } from '@jest/globals';
import { evaluateLists, type ListData, shownCounts } from '../../src/evaluation/evaluate-lists.ts';
import { type ListTask, listTasks } from '../../src/evaluation/list-tasks.ts';
import { type EncodedFeatures, encodeFeatures } from '../../src/features/encode-features.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import type { Embeddings, ScoringModel, SupportSet } from '../../src/models/recommender.ts';
import { hashPair } from '../../src/tasks/hashing.ts';
import type { Task } from '../../src/tasks/training-data.ts';

const [userCount, itemCount] = [30, 150];
const regions = Array.from({ length: userCount }, (_, user) => ({ region: user % 2 ? 'north' : 'south' }));
const ids = Array.from({ length: itemCount }, (_, item) => ({ id: `${item}` }));
const schema = fitFeatureSchema(
  [
    { entity: 'user', name: 'region', kind: 'categorical' },
    { entity: 'item', name: 'id', kind: 'categorical' },
  ],
  regions,
  ids,
);
const data: ListData = {
  schema,
  users: encodeFeatures(schema, 'user', regions),
  items: encodeFeatures(schema, 'item', ids),
  positives: Int32Array.from({ length: itemCount }, (_, item) => 3 * item),
};
/** Users with 2 to 60 ratings from 1 to 5. */
const histories = regions.map((_, user): Task => {
  const items = [...ids.keys()].sort((a, b) => hashPair(a, user, 5) - hashPair(b, user, 5)).slice(0, 2 + 2 * user);
  return {
    users: Int32Array.of(user),
    items: Int32Array.from(items),
    labels: Float32Array.from(items, (item) => 1 + (hashPair(item, user, 6) % 5)),
  };
});
const tasks = listTasks(histories, { positiveFrom: 4, seed: 3 });

/** Scores by a hash of the user's region, the item and the sum of the shown items. */
function hashing(supports: SupportSet[] = []): ScoringModel {
  const embed = async ({ rows, slots, indices }: EncodedFeatures): Promise<Embeddings> => ({
    rows,
    width: 1,
    data: Float32Array.from({ length: rows }, (_, row) => indices[row * slots] as number),
  });
  return {
    schema,
    supportLimit: Infinity,
    support: 'feedback',
    predictsLabels: false,
    embedUsers: embed,
    embedItems: embed,
    async adapt(support) {
      supports.push(support);
      return { state: Float32Array.of(support.items.data.reduce((sum, item) => sum + item, 0)), pairs: 0 };
    },
    score: async ({ state }, user, { data: items }) =>
      items.map((item) => scoreOf(user.data[0] as number, state[0] as number, item)),
  };
}

function scoreOf(user: number, state: number, item: number): number {
  return hashPair(user * 100_000 + state, item, 1) % 1_000_000;
}

/** The protocol again, as simply as it can be written: sorts all items that are not shown. */
function measureAgain({ user, shown, relevant }: ListTask, count: number, unknown = false) {
  const seen = [...shown.items].slice(0, count);
  const index = (item: number) => data.items.indices[item] as number;
  const state = seen.reduce((sum, item) => sum + index(item), 0);
  const region = unknown ? 0 : (data.users.indices[user] as number);
  const list = [...ids.keys()]
    .filter((item) => !seen.includes(item))
    .sort((a, b) => scoreOf(region, state, index(b)) - scoreOf(region, state, index(a)));
  const hits = (n: number) => list.slice(0, n).map((item) => (relevant.includes(item) ? 1 : 0));
  const gain = (values: readonly number[]) => values.reduce<number>((sum, hit, at) => sum + hit / Math.log2(at + 2), 0);
  const most = (n: number) => new Array<number>(Math.min(n, relevant.length)).fill(1);
  const recall = (n: number) => hits(n).reduce<number>((sum, hit) => sum + hit, 0) / most(n).length;
  return {
    first: list.slice(0, 10),
    recall10: recall(10),
    recall20: recall(20),
    ndcg20: gain(hits(20)) / gain(most(20)),
    ndcg100: gain(hits(100)) / gain(most(100)),
  };
}

function meansAgain(shown: number | 'all', unknown = false) {
  const countOf = ({ shown: { items } }: ListTask) => (shown === 'all' ? items.length : Math.min(shown, items.length));
  const lists = tasks.map((task) => measureAgain(task, countOf(task), unknown));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const listed = lists.flatMap(({ first }) => first);
  return {
    users: tasks.length,
    recall10: mean(lists.map(({ recall10 }) => recall10)),
    recall20: mean(lists.map(({ recall20 }) => recall20)),
    ndcg20: mean(lists.map(({ ndcg20 }) => ndcg20)),
    ndcg100: mean(lists.map(({ ndcg100 }) => ndcg100)),
    coverage10: new Set(listed).size,
    popularity10: mean(listed.map((item) => 3 * item)),
    mostListed10: Math.max(...listed.map((item) => listed.filter((other) => other === item).length)) / tasks.length,
  };
}

describe('evaluateLists', () => {
  test('agrees with a second implementation that sorts all items', async () => {
    const measured = await evaluateLists(hashing(), data, tasks, { positiveFrom: 4 });
    expect([...measured.keys()]).toEqual(shownCounts);
    for (const shown of shownCounts) {
      for (const [name, value] of Object.entries(meansAgain(shown))) {
        expect([shown, name, measured.get(shown)?.[name as 'users']]).toEqual([shown, name, expect.closeTo(value, 10)]);
      }
    }
  });

  test('measures every user in every column, with all interactions of a user who has fewer', async () => {
    const measured = await evaluateLists(hashing(), data, tasks, { positiveFrom: 4, shown: [0, 20, 1000, 'all'] });
    expect([...measured.values()].map(({ users }) => users)).toEqual(new Array(4).fill(tasks.length));
    expect(measured.get(1000)).toEqual(measured.get('all'));
    expect(measured.get(20)).not.toEqual(measured.get('all'));
  });

  test('measures nothing without tasks', async () => {
    expect((await evaluateLists(hashing(), data, [], { positiveFrom: 4 })).size).toBe(0);
  });

  test('knows nothing of the user but the interactions if features are left out', async () => {
    const measured = await evaluateLists(hashing(), data, tasks, { positiveFrom: 4, withoutFeatures: true });
    for (const shown of [0, 5] as const) {
      expect(measured.get(shown)?.ndcg100).toBeCloseTo(meansAgain(shown, true).ndcg100, 10);
    }
    expect(meansAgain(0, true).ndcg100).not.toBe(meansAgain(0).ndcg100);
  });

  test('ranks only the marked items', async () => {
    const [task] = tasks as [ListTask, ...ListTask[]];
    const candidates = new Uint8Array(itemCount);
    for (const item of [...task.relevant, 0, 1]) candidates[item] = 1;
    const measured = await evaluateLists(hashing(), data, [task], { positiveFrom: 4, shown: [0], candidates });
    expect(measured.get(0)).toMatchObject({ recall10: 1 });
    expect(measured.get(0)?.coverage10).toBe(candidates.reduce((sum, mark) => sum + mark, 0));
  });

  test('makes one list for each user and number of interactions', async () => {
    const supports: SupportSet[] = [];
    const short = tasks.filter(({ shown }) => shown.items.length === 10);
    await evaluateLists(hashing(supports), data, short, { positiveFrom: 4 });
    expect(short.length).toBe(1);
    expect(supports.map(({ labels }) => labels.length)).toEqual([0, 1, 3, 5, 10]);
    expect(supports[4]?.types?.length).toBe(10);
  });

  test('does not change the scores that a model keeps', async () => {
    const kept = Float32Array.from({ length: itemCount }, (_, item) => item);
    const model: ScoringModel = { ...hashing(), score: async () => kept };
    await evaluateLists(model, data, tasks, { positiveFrom: 4 });
    expect([...kept]).toEqual(Array.from({ length: itemCount }, (_, item) => item));
  });

  test('refuses scores that are not finite', async () => {
    const model: ScoringModel = { ...hashing(), score: async () => new Float32Array(itemCount).fill(NaN) };
    await expect(evaluateLists(model, data, tasks, { positiveFrom: 4 })).rejects.toThrow('Expected finite scores');
  });

  test('throws the reason of the signal after the list that is being made', async () => {
    const abort = new AbortController();
    let scored = 0;
    const model: ScoringModel = {
      ...hashing(),
      async score() {
        scored += 1;
        abort.abort(new Error('stopped by hand'));
        return new Float32Array(itemCount);
      },
    };
    const evaluating = evaluateLists(model, data, tasks, { positiveFrom: 4, signal: abort.signal });
    await expect(evaluating).rejects.toThrow('stopped by hand');
    expect(scored).toBe(1);
  });
});

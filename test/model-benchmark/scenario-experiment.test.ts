import { describe, expect, test } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { openEngine } from '../../src/engine/engines.ts';
import type { DatasetTables } from '../../src/model-benchmark/dataset-tables.ts';
import type { Experiment } from '../../src/model-benchmark/experiment.ts';
import { joinTables } from '../../src/model-benchmark/join-tables.ts';
import { scenarioExperiment } from '../../src/model-benchmark/scenario-experiment.ts';
import type { ModelArtifact } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { parseTrainingOptions, type TrainingOptionsInput } from '../../src/training/training-options.ts';
import { trainRecipe } from '../training/train-recipe.ts';
import { type Row, type SmallTables, smallTables } from './small-tables.ts';

const users = 40;
const items = 24;
const ids = ['user', 'item'] as const;
const episodes = {
  supportPairs: 8,
  queryPairs: 8,
  minimumPairs: 10,
  shortSupportShare: 0,
  negatives: 'both',
} as const;
const options: TrainingOptionsInput = {
  epochs: 2,
  tasksPerStep: 4,
  validationShare: 0.2,
  factors: { iterations: 3 },
  episodes,
};

/** Ten scenarios of eight items. Neighboring scenarios share items. */
const scenarios = Array.from({ length: 10 }, (_, scenario) =>
  Array.from({ length: 8 }, (_, item) => (scenario * 3 + item) % items),
);
const random = randomSource(1);
const ratings = Array.from({ length: users }, (_, user) =>
  Array.from({ length: items }, (_, item): Row => [user, item, 3]).filter(() => uniformInt(random, 0, 2) > 0),
).flat();
const small: SmallTables = { users, items, interactions: ratings, scenarios };

function open(changes: Partial<SmallTables> = {}, splitSeed = 1): Experiment {
  const experiment = { splitSeed, ids, episodes: parseTrainingOptions(options).episodes };
  return scenarioExperiment(smallTables({ ...small, ...changes }), undefined, experiment);
}

/** Returns a test of whether a pair is unknown in the data. */
function heldOutPairs({ interactions }: TrainingData): (user: number, item: number) => boolean {
  const { users, items } = interactions?.unknown ?? { users: new Uint8Array(), items: new Uint8Array() };
  return (user, item) => users[user] === 1 && items[item] === 1;
}

describe('scenarioExperiment', () => {
  test('tests a fifth of the scenarios, chosen by the split seed', () => {
    const { data, trainingTasks, testTasks, minimumPairs } = open();
    expect({ trainingTasks, testTasks, minimumPairs }).toEqual({
      trainingTasks: 8,
      testTasks: 2,
      minimumPairs: 10,
    });
    expect(open().data).toEqual(data);
    expect(open({}, 2).data.tasks).not.toEqual(data.tasks);
  });

  test('tests the scenarios of a file, and trains on all scenarios of the folder', () => {
    const tables = smallTables(small);
    const tests = [{ id: 'new', items: Int32Array.of(0, 5, 9) }];
    const experiment = scenarioExperiment(tables, tests, {
      splitSeed: 1,
      ids,
      episodes: parseTrainingOptions(options).episodes,
    });
    expect(experiment.data.tasks.map(({ candidates }) => candidates)).toEqual(
      tables.scenarios.map((scenario) => scenario.items),
    );
    expect(experiment.testTasks).toBe(1);
    expect(
      [...(experiment.data.interactions?.unknown?.items ?? [])].flatMap((mark, row) => (mark ? [row] : [])),
    ).toEqual([0, 5, 9]);
  });

  test('does not count scenarios that are too small to train on or have no queries', () => {
    const few = open({ scenarios: [...scenarios.slice(0, 5), ...new Array(5).fill([])] });
    expect(few.trainingTasks + few.testTasks).toBe(5);
    const nothing = open({ interactions: [] });
    expect([nothing.trainingTasks, nothing.testTasks]).toEqual([0, 0]);
  });

  test('takes low ratings for dislikes if the tables say from which rating an item is liked', () => {
    // Every user viewed what they rated 3, and rated another item 1.
    const disliked = Array.from({ length: users }, (_, user): Row => [user, user % items, 1]);
    const isDisliked = ([user, item]: Row) => user % items === item;
    const liked = ratings.filter((row) => !isDisliked(row)).map(([user, item]): Row => [user, item, 0, 'VIEW']);
    const { data } = scenarioExperiment(
      { ...smallTables({ ...small, interactions: [...disliked, ...liked] }), positiveFrom: 4 },
      undefined,
      { splitSeed: 1, ids, episodes: parseTrainingOptions(options).episodes },
    );
    expect(data.interactions).toEqual(open({ interactions: liked }).data.interactions);
    expect(data.ignored).toEqual({
      users: Int32Array.from(disliked, ([user]) => user),
      items: Int32Array.from(disliked, ([, item]) => item),
    });
    expect(open().data.ignored).toBeUndefined();
  });

  test('gives training no data that depends on the evaluated pairs', () => {
    const { data } = open();
    const isHeldOut = heldOutPairs(data);
    expect(ratings.filter(([user, item]) => isHeldOut(user, item)).length).toBeGreaterThan(50);
    for (const changed of [withoutHeldOut(isHeldOut), withOtherHeldOut(isHeldOut)])
      expect(open({ interactions: changed }).data).toEqual(data);
  });
});

describe('a scenario experiment of two domains', () => {
  const tablesOf = (changes: Partial<SmallTables>) => smallTables({ ...small, ...changes });
  // The second domain has half of the users, and other sizes.
  const [first, second] = [tablesOf({}), tablesOf({ users: 20, interactions: ratings.filter(([user]) => user < 20) })];
  const experimentOf = (tables: DatasetTables) =>
    scenarioExperiment(tables, undefined, { splitSeed: 1, ids, episodes: parseTrainingOptions(options).episodes });
  const joined = experimentOf(joinTables([first, second]));
  const alone = [experimentOf(first), experimentOf(second)];

  test('has the tasks of both, each with the users, the items and the candidates of its own domain', () => {
    const tasks = alone.map(({ data }) => data.tasks);
    expect(joined.data.tasks.slice(0, 8)).toEqual(tasks[0]);
    const moved = tasks[1]?.map((task) => ({
      users: task.users.map((user) => user + users),
      items: task.items.map((item) => item + items),
      labels: task.labels,
      candidates: task.candidates?.map((item) => item + items),
    }));
    expect(joined.data.tasks.slice(8)).toEqual(moved);
    expect([joined.trainingTasks, joined.testTasks]).toEqual([16, 4]);
    expect(joined.data.interactions?.unknown?.items).toEqual(
      Uint8Array.from(alone.flatMap(({ data }) => [...(data.interactions?.unknown?.items ?? [])])),
    );
  });

  test('measures popularity in each domain as if it were alone, and the mean over all users', async () => {
    const measured = async (experiment: Experiment) => {
      const engine = await openEngine('wasm');
      const { data } = experiment;
      const { artifact } = await trainRecipe({ kind: 'itemPopularity', config: {}, options, data, engine });
      return experiment.evaluate(await loadRecommender(artifact, engine));
    };
    const [one, two] = [await measured(alone[0] as Experiment), await measured(alone[1] as Experiment)];
    expect(one.domains).toBeUndefined();
    const { metrics, domains } = await measured(joined);
    expect(domains).toEqual({ 1: one.metrics, 2: two.metrics });
    const [lower, higher] = [one, two].map(({ metrics }) => metrics.recall10 as number).sort((a, b) => a - b);
    // A mean of both, however many users each domain has.
    expect(metrics.recall10).toBeGreaterThanOrEqual(lower as number);
    expect(metrics.recall10).toBeLessThanOrEqual(higher as number);
  });
});

describe('a model for scenarios', () => {
  const tiny = {
    embedding: 'factors',
    factorWidth: 4,
    objective: 'hinge',
  } as const;
  const cmml = {
    ...tiny,
    encoder: 'gru',
    gruWidth: 8,
    labelWidths: [],
    contextWidths: [8],
    hyperWidths: [8],
    backboneWidths: [8],
  };
  const models = [
    ['cmml', cmml],
    ['dcn', { ...tiny, crossLayers: 1, deepWidths: [8] }],
    ['tanp', { ...tiny, encoderWidths: [8], latentWidth: 4, identityWidths: [8], clusters: 3, decoderWidths: [8] }],
    ['conet', { ...tiny, sourceWidths: [8, 4], targetWidths: [8, 4] }],
    ['itemPopularity', {}],
  ] as const;

  test.each(models)('(%s) is bit-identical with and without the evaluated pairs', async (kind, config) => {
    const trained = async (data: TrainingData): Promise<ModelArtifact> => {
      const engine = await openEngine('wasm');
      return (await trainRecipe({ kind, config, options, data, engine })).artifact;
    };
    const { data } = open();
    const artifact = await trained(data);
    const isHeldOut = heldOutPairs(data);
    for (const changed of [withoutHeldOut(isHeldOut), withOtherHeldOut(isHeldOut)])
      expect(await trained(open({ interactions: changed }).data)).toEqual(artifact);
    // Known pairs do change it.
    const other = ratings.filter(([user, item]) => isHeldOut(user, item) || (user + item) % 3 > 0);
    expect((await trained(open({ interactions: other }).data)).parameters).not.toEqual(artifact.parameters);
  });
});

function withoutHeldOut(isHeldOut: (user: number, item: number) => boolean): Row[] {
  return ratings.filter(([user, item]) => !isHeldOut(user, item));
}

/** Replaces the evaluated pairs by all pairs that did not happen, with another rating. */
function withOtherHeldOut(isHeldOut: (user: number, item: number) => boolean): Row[] {
  const happened = new Set(ratings.map(([user, item]) => `${user} ${item}`));
  const others = Array.from(
    { length: users * items },
    (_, pair): Row => [Math.floor(pair / items), pair % items, 5],
  ).filter(([user, item]) => isHeldOut(user, item) && !happened.has(`${user} ${item}`));
  return [...withoutHeldOut(isHeldOut), ...others];
}

import { expect, test } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { FeatureField, Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { Task, TrainingData } from '../../src/tasks/training-data.ts';
import { trainRecipe } from './train-recipe.ts';

/** Films have a genre and goods have a category. The two domains share neither features nor users. */
const domains = [
  { field: 'genre', values: ['comedy', 'drama', 'horror'], users: [0, 30], items: [0, 30] },
  { field: 'category', values: ['tools', 'toys', 'tents'], users: [30, 60], items: [30, 60] },
] as const;
const fields: FeatureField[] = [
  { entity: 'user', name: 'country', kind: 'categorical' },
  { entity: 'item', name: 'genre', kind: 'categorical' },
  { entity: 'item', name: 'category', kind: 'categorical' },
];
const people: Features[] = Array.from({ length: 60 }, () => ({ country: 'X' }));
const things: Features[] = domains.flatMap(({ field, values }) =>
  Array.from({ length: 30 }, (_, item) => ({ [field]: values[item % 3] as string })),
);

/** Scenarios that alternate between the domains. Each is about one of the three values of its domain. */
function hybridData(scenarios: number, seed: number): TrainingData {
  const random = randomSource(seed);
  const schema = fitFeatureSchema(fields, people, things);
  const tasks = Array.from({ length: scenarios }, (_, scenario): Task => {
    const { users, items } = domains[scenario % 2] as (typeof domains)[number];
    const about = aboutOf(scenario);
    const draw = (from: number, to: number) => uniformInt(random, from, to - 1);
    return {
      users: Int32Array.from({ length: 20 }, () => draw(users[0], users[1])),
      items: Int32Array.from({ length: 20 }, () => items[0] + 3 * draw(0, 10) + about),
      labels: new Float32Array(20).fill(1),
      candidates: Int32Array.from({ length: 30 }, (_, item) => items[0] + item),
    };
  });
  return {
    taskKind: 'SCENARIO',
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', things),
    tasks,
  };
}

function aboutOf(scenario: number): number {
  return Math.floor(scenario / 2) % 3;
}

test('one model learns the scenarios of two domains that share neither users nor features', async () => {
  const engine = await openEngine('onnx');
  const { artifact } = await trainRecipe({
    kind: 'cmml',
    config: {
      objective: 'hinge',
      embeddingWidth: 4,
      labelWidths: [4],
      contextWidths: [16],
      contextShrinkage: 0,
      hyperWidths: [16],
      backboneWidths: [16],
    },
    options: {
      epochs: 25,
      tasksPerStep: 16,
      learningRate: 0.01,
      episodes: {
        supportPairs: 10,
        queryPairs: 10,
        minimumPairs: 20,
        shortSupportShare: 0,
        negatives: 'both',
      },
    },
    data: hybridData(120, 1),
    engine,
  });
  const recommender = await loadRecommender(artifact, engine);
  const data = hybridData(12, 2);
  const [users, items] = [await recommender.embedUsers(data.users), await recommender.embedItems(data.items)];
  for (const [scenario, { users: people, items: liked, candidates }] of data.tasks.entries()) {
    const support = liked.subarray(0, 3);
    // The next item has another value.
    const negatives = support.map((item) => candidates![(item + 1) % 30] as number);
    const adaptation = await recommender.adapt({
      users: selectEmbeddings(users, [...people.subarray(0, 3), ...people.subarray(0, 3)]),
      items: selectEmbeddings(items, [...support, ...negatives]),
      labels: Float32Array.of(1, 1, 1, 0, 0, 0),
    });
    const newUser = selectEmbeddings(users, [people[5] as number]);
    const scores = await recommender.score(adaptation, newUser, selectEmbeddings(items, candidates!));
    const best = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number)).slice(0, 10);
    expect(best.every((place) => place % 3 === aboutOf(scenario))).toBe(true);
  }
  recommender.dispose();
});

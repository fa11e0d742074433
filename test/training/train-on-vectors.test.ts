import { expect, test } from '@jest/globals';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { Task, TrainingData } from '../../src/tasks/training-data.ts';
import { trainRecipe } from './train-recipe.ts';

const [known, all, width] = [40, 48, 48];
const random = randomSource(5);
const noise = () => uniformFloat64(random) - 0.5;
/** Two tastes are two random directions of a wide space. Nothing but the vector tells an item's taste, which is n mod 2. */
const tastes = [0, 1].map(() => Array.from({ length: width }, noise));
const things: Features[] = Array.from({ length: all }, (_, item) => ({
  id: `item ${item}`,
  text: tastes[item % 2]!.map((value) => 3 * (value + 0.5 * noise())),
}));
const people: Features[] = Array.from({ length: 60 }, (_, user) => ({ id: `user ${user}` }));
const id = { name: 'id', kind: 'categorical' } as const;
/** The last eight items are new: their IDs are not in the schema, and nobody has interacted with them. */
const schema = fitFeatureSchema(
  [
    { entity: 'user', ...id },
    { entity: 'item', name: 'text', kind: 'vector', width },
    { entity: 'item', ...id },
  ],
  people,
  things.slice(0, known),
);
const tasks = people.map((_, user): Task => {
  const items = Int32Array.from({ length: 8 }, (_, at) => ((2 * (3 * user + 5 * at)) % known) + (user % 2));
  const types = new Uint8Array(8).fill(typeIndex('VIEW'));
  return { users: Int32Array.of(user), items, types, labels: new Float32Array(8) };
});
const data: TrainingData = {
  taskKind: 'USER',
  schema,
  users: encodeFeatures(schema, 'user', people),
  items: encodeFeatures(schema, 'item', things),
  tasks,
};

test('a model reads from vectors alone which new items a user likes', async () => {
  const { artifact } = await trainRecipe({
    kind: 'cmml',
    ids: ['item'],
    config: {
      ...{ objective: 'softmax', vectorWidth: 8, closedForm: { width: 4 }, novelty: 0, rarity: 0 },
      ...{ hyperWidths: [8], backboneWidths: [8] },
    },
    options: { epochs: 10, learningRate: 1e-2, validationShare: 0, episodes: { minimumPairs: 2 } },
    data,
    engine: await openEngine('onnx'),
  });
  const recommender = await loadRecommender(artifact, await openEngine('wasm'));
  const catalog = await recommender.embedItems(data.items);
  const right: boolean[] = [];
  for (const user of [0, 1, 2, 3, 4, 5]) {
    const users = selectEmbeddings(await recommender.embedUsers(data.users), [user]);
    const { items, labels, types } = tasks[user]!;
    const support = { users, items: selectEmbeddings(catalog, [...items]), labels, types: types! };
    const scores = await recommender.score(await recommender.adapt(support), users, catalog);
    for (let item = known; item < all; item += 2)
      right.push(scores[item + (user % 2)]! > scores[item + 1 - (user % 2)]!);
  }
  recommender.dispose();
  expect(right).toEqual(right.map(() => true));
});

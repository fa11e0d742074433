import { expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { type Embeddings, type Recommender, selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender, type RecommenderKind } from '../../src/models/recommenders.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { trainRecipe } from './train-recipe.ts';

const people: Features[] = Array.from({ length: 120 }, (_, user) => ({ country: `${user % 3}`, member: 'yes' }));
const things: Features[] = Array.from({ length: 20 }, (_, item) => ({
  id: `${item}`,
  genre: `${item % 2}`,
  kind: 'film',
}));
const schema = fitFeatureSchema(
  [
    { entity: 'user', name: 'country', kind: 'categorical' },
    { entity: 'user', name: 'member', kind: 'categorical' },
    { entity: 'item', name: 'genre', kind: 'categorical' },
    { entity: 'item', name: 'kind', kind: 'categorical' },
    { entity: 'item', name: 'id', kind: 'categorical' },
  ],
  people,
  things,
);

/** Every user rates 16 items, and all ratings are 4. */
const data: TrainingData = {
  taskKind: 'USER',
  schema,
  users: encodeFeatures(schema, 'user', people),
  items: encodeFeatures(schema, 'item', things),
  tasks: people.map((_, user) => ({
    users: Int32Array.of(user),
    items: Int32Array.from({ length: 16 }, (_, pair) => (user + pair) % things.length),
    labels: new Float32Array(16).fill(4),
  })),
};

const layers: Partial<Record<RecommenderKind, object>> = {
  cmml: { hyperWidths: [16], backboneWidths: [16], contextWidths: [16], labelWidths: [8] },
  dcn: { deepWidths: [16] },
  tanp: { encoderWidths: [16, 8], latentWidth: 8, identityWidths: [16, 8], clusters: 3, decoderWidths: [16] },
};
const options = {
  epochs: 40,
  tasksPerStep: 4,
  learningRate: 1e-2,
  // Otherwise, embeddings that training does not reach would shrink to nothing.
  weightDecay: 0,
  validationShare: 0,
  episodes: { supportPairs: 8, queryPairs: 8 },
};

/** Returns the scores of users without interactions for items. */
async function scoresOf(model: Recommender, users: readonly Features[], items: readonly Features[]) {
  const embeddedUsers = await model.embedUsers(encodeFeatures(schema, 'user', users));
  const embeddedItems = await model.embedItems(encodeFeatures(schema, 'item', items));
  const none: Embeddings = { rows: 0, width: embeddedItems.width, data: new Float32Array() };
  const scores: number[] = [];
  for (const row of users.keys()) {
    const user = selectEmbeddings(embeddedUsers, [row]);
    const adaptation = await model.adapt({ users: user, items: none, labels: new Float32Array() });
    scores.push(...(await model.score(adaptation, user, embeddedItems)));
  }
  return scores;
}

test.each(['cmml', 'dcn', 'tanp'] as const)(
  '%s that was trained on ratings of 4 only predicts 4 for visitors without features and items without features and ID',
  async (kind) => {
    const config = { objective: 'mse', embeddingWidth: 8, ...layers[kind] };
    const { artifact } = await trainRecipe({ kind, config, options, data, engine: await openEngine('onnx') });
    const model = await loadRecommender(artifact, await openEngine('onnx'));
    const known = people.slice(0, 3);
    const cases = {
      known: await scoresOf(model, known, things),
      'a visitor without features': await scoresOf(model, [{}], things),
      'an item without features and ID': await scoresOf(model, known, [{}]),
      'a visitor and an item': await scoresOf(model, [{}], [{}]),
    };
    model.dispose();
    const wrong = Object.entries(cases).filter(([, scores]) => scores.some((score) => Math.abs(score - 4) > 0.05));
    expect(wrong).toEqual([]);
  },
);

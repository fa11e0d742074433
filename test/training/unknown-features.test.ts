import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import type { Embeddings } from '../../src/models/recommender.ts';
import { loadRecommender, type RecommenderKind } from '../../src/models/recommenders.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { trainRecipe } from './train-recipe.ts';

const people: Features[] = Array.from({ length: 80 }, (_, user) => ({
  country: `${user % 5}`,
  age: `${user % 4}`,
  occupation: `${user % 7}`,
}));
const things: Features[] = Array.from({ length: 40 }, (_, item) => ({
  id: `${item}`,
  genre: `${item % 6}`,
  language: `${item % 5}`,
}));

/** Every user rates 16 items, and all ratings are 4. */
function equalRatings(): TrainingData {
  const schema = fitFeatureSchema(
    [
      ...['country', 'age', 'occupation'].map((name) => ({ entity: 'user', name, kind: 'categorical' }) as const),
      ...['genre', 'language', 'id'].map((name) => ({ entity: 'item', name, kind: 'categorical' }) as const),
    ],
    people,
    things,
  );
  const tasks = people.map((_, user) => ({
    users: Int32Array.of(user),
    items: Int32Array.from({ length: 16 }, (_, pair) => (user * 7 + pair * 3) % things.length),
    labels: new Float32Array(16).fill(4),
  }));
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', things),
    tasks,
  };
}

const sizes = { embeddingWidth: 16, deepWidths: [16], hyperWidths: [16], backboneWidths: [16] };

/** Scores as served, of users without interactions: `users` × `items`. */
async function predicted(kind: RecommenderKind, dropout: object): Promise<Record<'known' | 'user' | 'item', number[]>> {
  const engine = await openEngine('onnx');
  const data = equalRatings();
  const { deepWidths, hyperWidths, backboneWidths, ...shared } = sizes;
  const config = kind === 'dcn' ? { ...shared, deepWidths } : { ...shared, hyperWidths, backboneWidths };
  const options = { epochs: 40, tasksPerStep: 8, validationShare: 0, learningRate: 3e-3, ...dropout };
  const { artifact } = await trainRecipe({ kind, config: { objective: 'mse', ...config }, options, data, engine });
  const model = await loadRecommender(artifact, engine);
  const embed = async (entity: 'user' | 'item', rows: readonly Features[]) => {
    const encoded = encodeFeatures(data.schema, entity, rows);
    return entity === 'user' ? model.embedUsers(encoded) : model.embedItems(encoded);
  };
  const scores = async (users: Embeddings, items: Embeddings) => {
    const all: number[] = [];
    for (let row = 0; row < users.rows; row++) {
      const user = { rows: 1, width: users.width, data: users.data.slice(row * users.width, (row + 1) * users.width) };
      const nothing = { rows: 0, width: items.width, data: new Float32Array(0) };
      const adaptation = await model.adapt({ users: user, items: nothing, labels: new Float32Array(0) });
      all.push(...(await model.score(adaptation, user, items)));
    }
    return all;
  };
  const [users, items] = [await embed('user', people), await embed('item', things)];
  const result = {
    known: await scores(users, items),
    user: await scores(await embed('user', [{}]), items),
    item: await scores(users, await embed('item', [{}])),
  };
  model.dispose();
  return result;
}

describe.each(['cmml', 'dcn'] as const)('%s that was trained on ratings of 4 only', (kind) => {
  test('predicts 4 for a visitor without features, and for an item without features and ID', async () => {
    for (const dropout of [{featureDropout: 0, idDropout: 0}, {}]) {
      const r = await predicted(kind, dropout);
      for (const [k, s] of Object.entries(r)) console.log(kind, JSON.stringify(dropout), k, Math.min(...s), Math.max(...s));
    }
  });
});
